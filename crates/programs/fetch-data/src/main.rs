//! `fetch-data`: gets a labeled image data set and writes it as .npy files. See `--help`.

mod dataset;
mod digits;
mod http;
mod published;
mod source;
mod split;
mod synthetic;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use artifact::{FileRecord, Outputs, idx};
use cli::{Count, Stage};
use serde_json::{Value, json};

use crate::dataset::{Dataset, Published, SplitFiles};
use crate::http::Limits;
use crate::published::PublishedFile;
use crate::source::{Fetcher, Source};
use crate::split::{Split, Statistics};

const DEFAULT_COUNT: Count = Count(6000);
/// Most synthetic images: as many as fit into 1 GB.
const MAX_COUNT: Count = Count(1_000_000);

/// Get a labeled image data set and write it as .npy files: train-images.npy and test-images.npy
/// (u1, (n, height, width)), train-labels.npy and test-labels.npy (u1, (n,)), and classes.json (the
/// names of the classes in label order). No published file is used before its sha256 is checked.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "{command_name} --out-dir data\n\
        train-ae --images data/train-images.npy --out weights.safetensors"
)]
struct Args {
    /// folder to write into
    #[argh(option, arg_name = "folder")]
    out_dir: PathBuf,
    /// fashion-mnist, mnist or kmnist, which are fetched; digits, 1,797 real ones of 8 x 8 pixels
    /// that this program carries with it; or synthetic, made-up shapes (default fashion-mnist)
    #[argh(option, arg_name = "name", default = "Dataset::FashionMnist")]
    dataset: Dataset,
    /// folder with the four files, as published (.gz) or unpacked, or http(s) URL of one with the
    /// .gz files; may be given several times (default: for fashion-mnist $FASHION_MNIST_DIR,
    /// ../shared/fashion-mnist and the Keras cache; the torchvision caches below data and
    /// $TORCHVISION_ROOT; the public mirrors; these are also tried after those given)
    #[argh(option, arg_name = "folder|url")]
    source: Vec<Source>,
    /// never use the network (default: download what no folder has; an interrupted download stays
    /// in .download inside the output folder, and the next run resumes it)
    #[argh(switch)]
    offline: bool,
    /// training images of synthetic (default 6000); a sixth as many test images, at least 10
    #[argh(option, arg_name = "n")]
    count: Option<Count>,
    /// seed of every random choice (default 0)
    #[argh(option, arg_name = "n")]
    seed: Option<u64>,
}

/// A data set in memory, with what its provenance says of it.
struct Loaded {
    train: Split,
    test: Split,
    parameters: Value,
    inputs: Vec<FileRecord>,
}

fn main() -> ExitCode {
    cli::main("fetch-data", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    check(&args)?;
    cli::Files::new().writes("--out-dir", &targets(&args.out_dir)).check()?;
    cli::note(&format!("{}: {}", args.dataset, args.dataset.attribution()));
    match args.dataset.published() {
        Some(published) => {
            let sources = source::sources(&args.source, published, |name| std::env::var_os(name));
            let fetcher = Fetcher::new(sources, args.offline, Limits::default(), &args.out_dir);
            write(&args, stage, fetch(&args, &fetcher, published)?)?;
            fetcher.clean(&published.files())
        }
        None => write(&args, stage, make(&args)?),
    }
}

/// Checks that all options mean something for the data set, so that none is ignored silently.
fn check(args: &Args) -> anyhow::Result<()> {
    let dataset = args.dataset;
    let drawn = args.count.is_some() || args.seed.is_some();
    if drawn && dataset != Dataset::Synthetic {
        return Err(cli::usage(format!(
            "--count and --seed are for --dataset synthetic, not {dataset}"
        )));
    }
    if args.count.is_some_and(|count| count.0 > MAX_COUNT.0) {
        return Err(cli::usage(format!("--count can be {} at most", MAX_COUNT.0)));
    }
    if (args.offline || !args.source.is_empty()) && dataset.published().is_none() {
        return Err(cli::usage(format!(
            "--source and --offline have no use for {dataset}, which is not fetched"
        )));
    }
    Ok(())
}

/// Fetches a data set that others publish.
fn fetch(args: &Args, fetcher: &Fetcher, published: &Published) -> anyhow::Result<Loaded> {
    let mut inputs = Vec::new();
    let mut fetch = |file: &PublishedFile| {
        let verified = fetcher.fetch(file)?;
        inputs.push(verified.record);
        anyhow::Ok(verified.bytes)
    };
    let classes = args.dataset.classes().len();
    let mut split = |files: &SplitFiles| {
        let images = idx::images(&fetch(&files.images)?).context(files.images.name)?;
        let labels = idx::labels(&fetch(&files.labels)?).context(files.labels.name)?;
        Split::new(images, labels, classes)
    };
    let (train, test) = (split(&published.train)?, split(&published.test)?);
    Ok(Loaded { train, test, parameters: json!({ "dataset": args.dataset.name() }), inputs })
}

/// Makes a data set that this program carries or draws.
fn make(args: &Args) -> anyhow::Result<Loaded> {
    let name = args.dataset.name();
    let ((train, test), parameters) = if args.dataset == Dataset::Synthetic {
        let (count, seed) = (args.count.unwrap_or(DEFAULT_COUNT).0, args.seed.unwrap_or(0));
        (synthetic::draw(count, seed), json!({ "dataset": name, "count": count, "seed": seed }))
    } else {
        (digits::load(args.dataset.classes().len())?, json!({ "dataset": name }))
    };
    Ok(Loaded { train, test, parameters, inputs: Vec::new() })
}

/// Writes all files at once and prints the summary.
fn write(args: &Args, stage: &Stage, loaded: Loaded) -> anyhow::Result<()> {
    let [train_images, train_labels, test_images, test_labels, classes] = targets(&args.out_dir);
    let mut outputs = Outputs::new();
    outputs.npy(&train_images, &loaded.train.images)?;
    outputs.npy(&train_labels, &loaded.train.labels)?;
    outputs.npy(&test_images, &loaded.test.images)?;
    outputs.npy(&test_labels, &loaded.test.labels)?;
    let mut names = serde_json::to_vec_pretty(&args.dataset.classes())?;
    names.push(b'\n');
    outputs.bytes(&classes, &names)?;

    let (train, train_row) = describe("train", &loaded.train);
    let (test, test_row) = describe("test", &loaded.test);
    let result = json!({ "train": train, "test": test, "attribution": args.dataset.attribution() });
    let head = ["split", "rows", "shape", "mean (pixels / 255)", "standard deviation"];
    let text = cli::table(&head, [train_row, test_row]);
    stage.finish(outputs, loaded.parameters, loaded.inputs, result, &text)
}

/// Describes a split for the provenance and the summary.
fn describe(name: &str, split: &Split) -> (Value, Vec<String>) {
    let (n, height, width) = split.images.dim();
    let Statistics { mean, standard_deviation } = split.statistics();
    let row = vec![
        name.to_owned(),
        n.to_string(),
        format!("({n}, {height}, {width})"),
        format!("{mean:.5}"),
        format!("{standard_deviation:.5}"),
    ];
    (json!({ "rows": n, "mean": mean, "standard_deviation": standard_deviation }), row)
}

/// The files this program writes.
fn targets(out_dir: &Path) -> [PathBuf; 5] {
    ["train-images.npy", "train-labels.npy", "test-images.npy", "test-labels.npy", "classes.json"]
        .map(|name| out_dir.join(name))
}
