//! The program in an empty folder, on 64 images of 8 x 8 pixels.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use autoencoder::{Device, Network, Pixels, decode, encode};
use ndarray::{Array2, Array3, Array4, Axis, s};
use serde_json::{Value, json};
use test_support::Program;

/// The smallest training, on the CPU, where the same seed gives the same bytes.
const SMALL: &str = "--images images.npy --hidden 8 --latent 2 --batch 16 --device cpu";

/// Writes the images as gray levels, as a part of them, cut, as numbers and as rows.
fn images() -> Program {
    let program = Program::in_empty_folder("train-ae");
    let images = Array3::from_shape_fn((64, 8, 8), |(i, y, x)| {
        (i % 7 * y * 4 + if x > 3 { i % 5 * 20 } else { 0 }) as u8
    });
    program.write("images.npy", &images);
    program.write("some.npy", &images.slice(s![..20, .., ..]));
    program.write("small.npy", &images.slice(s![.., ..4, ..]));
    program.write("levels.npy", &images.mapv(f32::from));
    program.write("rows.npy", &images.into_shape_with_order((64, 64)).unwrap());
    program
}

/// Checks that the program refuses `words` in one line with `told`, and writes no weights.
fn refused(program: &Program, words: &str, code: i32, told: &str) {
    program.refused(words, code, told);
    assert!(!program.has("e.safetensors"), "{words}");
}

/// Reads a loss curve: (epoch, training loss, validation loss) per line.
fn losses(program: &Program, name: &str) -> Vec<(usize, f64, Option<f64>)> {
    let text = program.text(name);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("epoch,train,validation"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let [epoch, train, validation] = cells[..] else { panic!("{line}") };
            (epoch.parse().unwrap(), train.parse().unwrap(), validation.parse().ok())
        })
        .collect()
}

#[test]
fn a_training_writes_weights_losses_and_their_provenance() {
    let program = images();
    let before = program.names();
    let told =
        program.done(&format!("{SMALL} --epochs 1 --validation some.npy --out w.safetensors"));
    for expected in ["encoder.0", "decoder.2", "1138", "device: cpu"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let new: Vec<String> = program.names().into_iter().filter(|x| !before.contains(x)).collect();
    assert_eq!(new, ["losses.csv", "losses.csv.json", "w.safetensors", "w.safetensors.json"]);

    let [(epoch, train, Some(validation))] = losses(&program, "losses.csv")[..] else {
        panic!("one epoch with a validation loss")
    };
    assert!(epoch == 1 && (0.0..1.0).contains(&train) && (0.0..1.0).contains(&validation));
    let record: Value = program.json("w.safetensors.json");
    assert_eq!(record["parameters"]["architecture"]["hidden"], json!([8]));
    assert_eq!(record["parameters"]["epochs"], 1);
    assert_eq!(
        record["result"],
        json!({
            "parameters": 64 * 8 + 8 + 8 * 2 + 2 + 2 * 8 + 8 + 8 * 64 + 64,
            "epoch": 1,
            "train_loss": train,
            "validation_loss": validation,
        })
    );
}

#[test]
fn more_epochs_lower_the_loss() {
    let program = images();
    program.done(&format!("{SMALL} --epochs 15 --lr 0.01 --out w.safetensors --losses l.csv"));
    let losses = losses(&program, "l.csv");
    assert_eq!(losses.len(), 15);
    assert!(losses[14].1 < 0.5 * losses[0].1, "{losses:?}");
    assert!(losses.iter().all(|(_, _, validation)| validation.is_none()));
}

#[test]
fn the_same_seed_gives_the_same_bytes_from_any_number_of_threads() {
    let program = images();
    for (network, name) in [("", "dense"), (" --network conv", "conv")] {
        let words = format!("{SMALL}{network} --epochs 2 --noise 0.1 --shift 1");
        program.done(&format!("{words} --out {name}-1.safetensors --threads 1"));
        program.done(&format!("{words} --out {name}-2.safetensors --threads 2"));
        program.done(&format!("{words} --out {name}-other.safetensors --seed 1"));
        let weights = |run: &str| program.bytes(format!("{name}-{run}.safetensors"));
        assert!(weights("1") == weights("2"), "{name}");
        assert!(weights("1") != weights("other"), "{name}");
    }
}

#[test]
fn a_resumed_training_ends_as_one_that_was_never_broken_off() {
    let program = images();
    let words = format!("{SMALL} --blur 0.5 --clip 0.1 --weight-decay 0.01");
    program.done(&format!("{words} --epochs 4 --out whole.safetensors --losses whole.csv"));
    let parts = format!("{words} --out parts.safetensors --losses parts.csv");
    let parts = format!("{parts} --checkpoint c.safetensors");
    program.done(&format!("{parts} --epochs 1"));
    assert!(program.bytes("parts.safetensors") != program.bytes("whole.safetensors"));
    program.done(&format!("{parts} --epochs 4 --resume"));
    assert!(program.bytes("parts.safetensors") == program.bytes("whole.safetensors"));
    assert_eq!(program.bytes("parts.csv"), program.bytes("whole.csv"));
    assert!(program.has("c.safetensors"), "a checkpoint that was named stays");
}

#[test]
fn a_checkpoint_is_neither_overwritten_nor_resumed_by_another_training() {
    let program = images();
    program.done(&format!("{SMALL} --epochs 1 --out w.safetensors --checkpoint c.safetensors"));
    std::fs::rename(program.path("c.safetensors"), program.path("checkpoint.safetensors")).unwrap();
    let saved = program.bytes("checkpoint.safetensors");
    let words = format!("{SMALL} --epochs 2 --out e.safetensors");
    for (more, code, told) in [
        ("", 1, "expected no checkpoint, found one of an interrupted training"),
        (" --resume --activation tanh", 1, "with activation tanh, found one with activation relu"),
        (" --resume --lr 0.5", 1, "with lr 0.5, found one with lr 0.001"),
        (" --resume --discard-checkpoint", 2, "exclude each other"),
    ] {
        refused(&program, &format!("{words}{more}"), code, told);
        assert!(program.bytes("checkpoint.safetensors") == saved, "{more}");
    }
    program.done(&format!("{words} --discard-checkpoint"));
    assert!(!program.has("checkpoint.safetensors"), "the training is over");
}

#[test]
fn the_best_epoch_is_kept_where_that_is_asked_for() {
    let program = images();
    // At this rate the loss falls at first and then jumps.
    let words = format!("{SMALL} --validation some.npy --epochs 30 --lr 0.05");
    program.done(&format!("{words} --keep best --out w.safetensors"));
    let record: Value = program.json("w.safetensors.json");
    let losses = losses(&program, "losses.csv");
    let best = losses.iter().min_by(|a, b| a.2.unwrap().total_cmp(&b.2.unwrap())).unwrap();
    assert_eq!(losses.len(), 30);
    assert_eq!(record["result"]["epoch"], best.0);
    assert_eq!(record["result"]["validation_loss"], json!(best.2));
}

/// Returns 64 images of 8 x 8 pixels in color: a ramp in red and blue, a step in green.
fn color() -> Array4<u8> {
    Array4::from_shape_fn((64, 8, 8, 3), |(i, y, x, channel)| {
        let (ramp, step) = (i % 7, i % 5);
        [6 * ramp * y, if x > 3 { 40 * step } else { 0 }, 4 * ramp * x][channel] as u8
    })
}

/// Computes the mean squared error of images (n, values).
fn error(found: &Array2<f32>, expected: &Array2<f32>) -> f32 {
    (found - expected).mapv(|x| x * x).mean().unwrap()
}

#[test]
fn convolutions_learn_images_in_color() {
    let program = images();
    program.write("color.npy", &color());
    program.write("some.npy", &color().slice(s![..20, .., .., ..]));
    let words = "--images color.npy --validation some.npy --network conv --hidden 8,16 --latent 4 \
                 --batch 16 --device cpu --epochs 40 --lr 0.01 --out w.safetensors";
    let told = program.done(words);
    for expected in ["3 x 8 x 8 |  8 x 4 x 4 |        608", "8 x 4 x 4 |  3 x 8 x 8 |        603"] {
        assert!(told.contains(expected), "{told}");
    }
    let record: Value = program.json("w.safetensors.json");
    let network = json!({ "conv": { "height": 8, "width": 8, "channels": "rgb" } });
    assert_eq!(record["parameters"]["architecture"]["network"], network);

    let network = Network::from_safetensors(&program.bytes("w.safetensors"), Device::Cpu).unwrap();
    network.check_sides(&[9, 8, 8, 3]).unwrap();
    let images = color().mapv(|level| f32::from(level) / 255.0);
    let images = images.into_shape_with_order((64, 192)).unwrap();
    let codes = encode(&network, Pixels::F32(images.view()), &mut |_| {}).unwrap();
    let made = decode(&network, codes.view(), &mut |_| {}).unwrap();
    let mean = images.mean_axis(Axis(0)).unwrap();
    let mean = mean.broadcast(images.dim()).unwrap().to_owned();
    let (found, of_mean) = (error(&made, &images), error(&mean, &images));
    assert!(found < 0.2 * of_mean, "{found}, the mean image {of_mean}");
}

#[test]
fn images_in_color_are_changed_as_gray_ones_are() {
    let program = images();
    program.write("color.npy", &color());
    let small = SMALL.replace("images.npy", "color.npy");
    for network in ["dense", "conv"] {
        let words = format!("{small} --network {network} --epochs 1 --quiet");
        let mut weights = Vec::new();
        for change in ["", "--shift 2", "--scale 0.3", "--blur 0.8", "--brightness 0.4"] {
            program.done(&format!("{words} {change} --out w.safetensors"));
            weights.push(program.bytes("w.safetensors"));
        }
        for (i, bytes) in weights.iter().enumerate() {
            assert!(weights[..i].iter().all(|others| others != bytes), "{network}, {i}");
        }
    }
}

#[test]
fn a_dense_network_of_large_images_is_warned_of() {
    let program = images();
    program.write("large.npy", &Array4::<u8>::ones((2, 8, 1, 3)));
    let words = "--images large.npy --latent 2 --epochs 1 --device cpu --out w.safetensors";
    let warned = |words: &str| program.notes(words).contains("--network conv, or a smaller --size");
    // 24-200000-50-2 and back.
    assert!(warned(&format!("{words} --hidden 200000,50")));
    assert!(!warned(&format!("{words} --hidden 200,50")));
}

#[test]
fn a_benchmark_writes_no_file() {
    let program = images();
    let before = program.names();
    let told = program.done(&format!("{SMALL} --bench 2 --warm-up 1 --quiet --json"));
    let result: Value = serde_json::from_str(&told).unwrap();
    assert!(result["result"]["images_per_second"].as_f64().unwrap() > 0.0, "{told}");
    assert_eq!(program.names(), before);
}

#[test]
fn wrong_usage_is_refused_in_a_line() {
    let program = images();
    for (words, told) in [
        ("--out e.safetensors", "--images"),
        ("--images images.npy", "--out is missing"),
        ("--images images.npy --out e.safetensors --wheels 4", "--wheels"),
        ("--images images.npy --out e.npz", "expected a name that ends in .safetensors"),
        ("--images images.npy --out e.safetensors --latent 0", "--latent"),
        ("--images images.npy --out e.safetensors --activation softmax", "expected relu, elu"),
        ("--images images.npy --out e.safetensors --network deep", "expected dense, conv"),
        ("--images images.npy --out e.safetensors --warm-up 3", "--warm-up belongs to --bench"),
        ("--images images.npy --out e.safetensors --checkpoint e.safetensors", "--checkpoint"),
    ] {
        refused(&program, words, 2, told);
    }
}

#[test]
fn what_cannot_be_trained_on_is_refused_in_a_line() {
    let program = images();
    program.write_text("text.npy", "no array");
    program.write("color.npy", &color());
    let before = program.names();
    for (words, told) in [
        ("--images nowhere.npy", "nowhere.npy: "),
        ("--images text.npy", "text.npy: "),
        ("--images rows.npy --network conv", "rows.npy: --network conv expected images of shape"),
        ("--images rows.npy --shift 1", "rows.npy: shift must be 0 for rows of pixels"),
        (
            "--images images.npy --validation color.npy --network conv",
            "color.npy: expected gray images, as the network takes, found images in color",
        ),
        (
            "--images color.npy --validation images.npy --network conv",
            "images.npy: expected images in color, as the network takes, found gray images",
        ),
        (
            "--images images.npy --validation color.npy",
            "color.npy: expected images of 64 pixels, as the network takes, found 192",
        ),
        ("--images levels.npy --loss bce", "levels.npy: the loss bce expects pixels in 0..=1"),
        ("--images images.npy --lr 0", "images.npy: lr must be a number above 0"),
        ("--images images.npy --keep best", "images.npy: keep must be left out"),
        ("--images images.npy --precision tf32", "images.npy: precision must be f32 or bf16"),
        ("--images images.npy --validation small.npy", "small.npy: expected images of 64 pixels"),
        ("--images images.npy --validation levels.npy", "levels.npy: expected images with values"),
        ("--images images.npy --device cuda:99", "no CUDA device 99"),
    ] {
        let device = if words.contains("--device") { "" } else { " --device cpu" };
        let words = format!("{words}{device} --hidden 8 --latent 2 --out e.safetensors");
        refused(&program, &words, 1, told);
    }
    assert_eq!(program.names(), before);
}

#[test]
fn a_training_that_diverges_is_refused_with_the_learning_rate_to_lower() {
    let program = images();
    let words = format!("{SMALL} --epochs 3 --lr 1e30 --out e.safetensors --quiet");
    refused(&program, &words, 1, "images.npy: ");
    refused(&program, &words, 1, "lower the learning rate (--lr), now 1e30");
}
