//! The program `import-images`: turns image files into an array with names, and back.

mod args;
mod back;
mod choose;
mod classes;
mod decode;
mod draw;
mod entry;
mod fit;
mod hash;
mod import;
mod large;
mod like;
mod order;
mod part;
mod recipe;
mod report;
mod source;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::anyhow;
use artifact::{Error, Outputs};
use cli::Stage;
use serde_json::{Value, json};

use crate::args::{Args, OnError};
use crate::choose::choose;
use crate::classes::class;
use crate::entry::{Entry, Listing};
use crate::import::{Found, Import, import, stop_at};
use crate::like::wishes_like;
use crate::part::{Files, Part};
use crate::source::{Opened, Source};

fn main() -> ExitCode {
    cli::main("import-images", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    if let Some(to) = &args.to {
        args.check_export()?;
        stage.set_threads(args.threads)?;
        return back::export(&args, to, stage);
    }
    args.check_import()?;
    let (Some(out), Some(names)) = (&args.out, &args.names) else {
        return Err(cli::usage("give --out and --names, or --to"));
    };
    check_files(&args)?;
    stage.set_threads(args.threads)?;
    decode::hush_decoders();
    let train = Files { images: out, names, labels: args.labels_out.as_deref() };
    let test = args.test_out.as_deref().zip(args.test_names.as_deref());
    let test = test.map(|(images, names)| Files {
        images,
        names,
        labels: args.test_labels_out.as_deref(),
    });
    run_import(&args, train, test, stage)
}

/// Imports the files of `args.from`.
fn run_import(args: &Args, train: Files, test: Option<Files>, stage: &Stage) -> anyhow::Result<()> {
    let from = args.from.as_path();
    let stop = args.on_error == Some(OnError::Stop);
    let Opened { source, listing, record } = source::open(from, &scratch_folder(train.images))?;
    let Listing { entries, skipped, hidden } = listing;
    if stop {
        skipped.iter().try_for_each(|skipped| stop_at(from, skipped))?;
    }
    if args.labels.is_some() {
        check_folders(from, &source, &entries)?;
    }
    let wishes = match &args.like {
        Some(path) => wishes_like(path)?,
        None => args.wishes(),
    };
    let Some(choice) = choose(wishes, &source, &entries) else {
        return Err(report::no_images(from, &source, &entries, skipped, hidden));
    };
    choice.reasons.iter().for_each(|reason| cli::note(reason));
    let recipe = choice.recipe;
    let in_test = match args.test_share {
        Some(share) => draw::draw(entries.len(), share.0, args.seed.unwrap_or(0)),
        None => Vec::new(),
    };
    let of_test = in_test.iter().filter(|&&drawn| drawn).count();

    let mut outputs = Outputs::new();
    let mut parts = vec![Part::begin(&outputs, train, &recipe, entries.len() - of_test)?];
    if let Some(files) = test {
        parts.push(Part::begin(&outputs, files, &recipe, of_test)?);
    }
    let (entries, labeled) = (entries.as_slice(), args.labels.is_some());
    let plan = Import { from, source: &source, entries, recipe, in_test: &in_test, labeled, stop };
    let mut found = import(&plan, &mut parts)?;
    let rows: Vec<usize> = parts.iter().map(Part::rows).collect();
    found.skipped.extend(skipped);
    if rows.iter().sum::<usize>() == 0 {
        return Err(report::no_images(from, &source, &[], found.skipped, hidden));
    }
    if rows.contains(&0) {
        return Err(anyhow!(
            "{}: expected images for the training and the test set, found all in one of them; \
             give another --test-share or --seed",
            from.display()
        ));
    }
    report::warn(&found, args.skipped.is_some());
    let mut result = describe(&found, &rows, hidden, &choice.reasons);
    let skipped = report::skipped_table(&mut found.skipped)?;
    let (classes, labels) = found.classes.ordered();
    for part in parts {
        part.finish(&mut outputs, |class| labels[class])?;
    }
    let classes: Vec<String> = classes.iter().map(|class| names::escape(class)).collect();
    if let Some(path) = &args.classes {
        let mut text = serde_json::to_vec_pretty(&classes)?;
        text.push(b'\n');
        outputs.bytes(path, &text)?;
    }
    if let Some(path) = &args.skipped {
        outputs.bytes(path, &skipped)?;
    }
    if labeled {
        result["classes"] = json!(classes);
    }
    let record = record.map(|thread| thread.join().map_err(|_| anyhow!("hashing failed")));
    let inputs = record.transpose()?.transpose()?.into_iter().collect();
    let mut parameters = recipe.parameters();
    parameters["from"] = json!(from.display().to_string());
    parameters["labels"] = if labeled { json!("folders") } else { Value::Null };
    parameters["test_share"] = json!(args.test_share.map(|share| share.0));
    parameters["seed"] = json!(args.seed.unwrap_or(0));
    parameters["on_error"] = json!(if stop { "stop" } else { "skip" });
    let text = report::summary(from, &recipe, &rows, &result);
    stage.finish(outputs, parameters, inputs, result, &text)
}

/// Describes what was found for the provenance.
fn describe(found: &Found, rows: &[usize], hidden: usize, reasons: &[String]) -> Value {
    let mut result = json!({
        "images": rows[0],
        "skipped": found.skipped.len(),
        "hidden": hidden,
        "duplicates": found.duplicates,
        "uniform": found.uniform.0,
        "content_sha256": found.sha256(),
        "chosen": reasons,
    });
    if let Some(test) = rows.get(1) {
        result["test_images"] = json!(test);
        result["duplicates_in_both_sets"] = json!(found.shared);
    }
    result
}

/// Checks that outputs can be written, and that none of them is an image.
fn check_files(args: &Args) -> anyhow::Result<()> {
    let outputs = [
        ("--out", &args.out),
        ("--names", &args.names),
        ("--skipped", &args.skipped),
        ("--labels-out", &args.labels_out),
        ("--classes", &args.classes),
        ("--test-out", &args.test_out),
        ("--test-names", &args.test_names),
        ("--test-labels-out", &args.test_labels_out),
    ];
    let input = Some(args.from.clone()).filter(|from| !from.is_dir());
    let mut files = cli::Files::new().reads("--from", &input).reads("--like", &args.like);
    for (option, path) in outputs {
        files = files.writes(option, path);
    }
    files.check()?;
    // A slip such as `--out photos/1.jpg` would replace what is to be read.
    for path in outputs.iter().filter_map(|(_, path)| path.as_ref()) {
        let folder = Source::Folder(PathBuf::new());
        let entry = Entry { name: path.clone(), place: 0, length: 0 };
        if folder.is_image(&entry) {
            let hint = "give the output another name";
            return Err(Error::content(path, "a file to write", "an image", hint).into());
        }
    }
    Ok(())
}

/// Checks that every image lies in a folder, which is its class.
fn check_folders(from: &Path, source: &Source, entries: &[Entry]) -> anyhow::Result<()> {
    let outside = |entry: &&Entry| class(&entry.name).is_none() && source.is_image(entry);
    match entries.iter().find(outside) {
        Some(entry) => Err(anyhow!(
            "{}: expected every image in a folder that names its class, found {} in none; \
             move it into one, or leave out --labels",
            from.display(),
            names::escape(&entry.name)
        )),
        None => Ok(()),
    }
}

/// Gives the nearest folder above `out` that exists.
fn scratch_folder(out: &Path) -> PathBuf {
    let above = out.ancestors().skip(1).find(|folder| folder.is_dir());
    above.unwrap_or(Path::new(".")).to_owned()
}
