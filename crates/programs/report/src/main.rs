//! `report`: puts artifacts into one self-contained page, or draws one figure of it.

mod args;
mod assets;
mod autoencoder;
mod cards;
mod clusters;
mod data;
mod encode;
mod figure;
mod grid;
mod groups;
mod image_file;
mod inputs;
mod made;
mod map;
mod page;
mod pictures;
mod scores;
mod system;
mod text;
mod thumbnails;
mod tiles;
mod verdict;

use std::process::ExitCode;

use anyhow::Context;
use artifact::Outputs;
use askama::Template;
use cli::Stage;
use serde_json::json;

use crate::args::Args;
use crate::inputs::Inputs;
use crate::page::Page;
use crate::tiles::Tiles;

fn main() -> ExitCode {
    cli::main("report", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let kind =
        args.out.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_lowercase();
    let fits = if args.figure.is_some() {
        ["svg", "png", "pdf"].contains(&kind.as_str())
    } else {
        kind == "html"
    };
    if !fits {
        return Err(cli::usage(
            "--out is the page, FILE.html; with --figure it is FILE.svg, FILE.png or FILE.pdf",
        ));
    }
    if args.system.is_some() && args.figure.is_none() {
        return Err(cli::usage("--system goes with --figure"));
    }
    if args.scores.is_empty() && args.assignments.is_empty() && args.figure.is_none() {
        return Err(cli::usage("give --scores or --assignments: a page has to be about something"));
    }
    if let Some(folder) = &args.tiles {
        if args.figure.is_some() || args.images.is_none() {
            return Err(cli::usage("--tiles goes with --images, and not with --figure"));
        }
        tiles::relative_url(folder, &args.out)?;
    }
    cli::Files::new()
        .reads("--scores", &args.scores)
        .reads("--reference", &args.reference)
        .reads("--assignments", args.assignments.iter().map(|file| &file.path))
        .reads("--points", args.points.iter().map(|file| &file.path))
        .reads("--certainty", args.certainty.iter().map(|file| &file.path))
        .reads("--images", &args.images)
        .reads("--labels", &args.labels)
        .reads("--classes", &args.classes)
        .reads("--names", &args.names)
        .reads("--duplicates", &args.duplicates)
        .reads("--outliers", &args.outliers)
        .reads("--suggestion", &args.suggestion)
        .reads("--map", &args.map)
        .reads("--weights", &args.weights)
        .reads("--losses", &args.losses)
        .reads("--originals", &args.originals)
        .reads("--reconstructions", &args.reconstructions)
        .writes("--out", [&args.out])
        .check()?;
    args.tiles.as_deref().map(tiles::check_folder).transpose()?;

    let inputs = Inputs::read(&args)?;
    // Fonts of the system with which letters were drawn.
    let mut others = Vec::new();
    let mut tiles = None;
    let bytes = match args.figure {
        None => {
            let mut page = Page::new(&inputs, &args)?;
            if let (Some(folder), Some(images)) = (&args.tiles, inputs.tile_images()) {
                let written = Tiles::write(images, &page.tile_rows, folder, &args.out)?;
                page.link_tiles(written.link);
                tiles = Some((written.kept, written.result));
            }
            page.render()?.into_bytes()
        }
        Some(name) => {
            let svg = figure::draw(name, &inputs, args.system.as_deref(), args.seed)?;
            if kind == "svg" {
                svg.into_bytes()
            } else {
                let drawing = figure::Drawing::parse(&svg)?;
                if let Some(warning) = drawing.fonts.warning() {
                    cli::warn(&format!("{}: {warning}", args.out.display()));
                }
                let bytes = if kind == "pdf" { drawing.pdf() } else { drawing.png() };
                others = drawing.fonts.others;
                bytes.with_context(|| format!("{}: cannot draw this", args.out.display()))?
            }
        }
    };
    let mut outputs = Outputs::new();
    outputs.bytes(&args.out, &bytes)?;
    let size = bytes.len();
    let mut result = json!({ "bytes": size, "systems": inputs.systems.len() });
    if !others.is_empty() {
        result["fonts"] = json!(others);
    }
    if let Some((_, written)) = &tiles {
        result["tiles"] = written.clone();
    }
    let hint = if args.figure.is_some() { "" } else { "; open it in a browser" };
    let text = format!("{}: {:.1} MB{hint}\n", args.out.display(), size as f64 / 1e6);
    if cli::asked_to_stop() {
        return Err(cli::stopped("stopped; nothing was written"));
    }
    stage.finish(outputs, json!({ "seed": args.seed }), inputs.records, result, &text)?;
    if let Some((kept, _)) = tiles {
        kept.keep();
    }
    Ok(())
}
