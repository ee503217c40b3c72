//! Reads how earlier images were imported, so that new ones become the same.

use std::path::Path;

use artifact::{Error, Provenance};
use serde_json::Value;

use crate::choose::Wishes;
use crate::decode::Color;
use crate::fit::Size;

/// Reads the choices that made the images at `path`, from their provenance.
///
/// # Errors
/// Images without a provenance of this program.
pub fn wishes_like(path: &Path) -> anyhow::Result<Wishes> {
    let found = Provenance::sidecar(path);
    let wishes = found.as_ref().filter(|found| found.stage == "import-images");
    wishes.and_then(|found| read(&found.parameters)).ok_or_else(|| {
        let found = found.map_or_else(
            || "no provenance beside it".to_owned(),
            |found| format!("the provenance of {}", found.stage),
        );
        let hint = "give the --out of an earlier run, or choose --size, --color and the others";
        Error::content(path, "images that import-images wrote", found, hint).into()
    })
}

/// Reads the choices of `parameters` as [`crate::recipe::Recipe::parameters`] writes them.
fn read(parameters: &Value) -> Option<Wishes> {
    let side = |at: usize| u32::try_from(parameters["size"][at].as_u64()?).ok();
    Some(Wishes {
        size: Some(Size { height: side(0)?, width: side(1)? }),
        fit: parameters["fit"].as_str()?.parse().ok()?,
        color: Some(match parameters["color"].as_str()? {
            "gray" => Color::Gray,
            "rgb" => Color::Rgb,
            _ => return None,
        }),
        background: parameters["background"].as_str()?.parse().ok()?,
        invert: Some(parameters["invert"].as_bool()?),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;
    use crate::fit::Fit;
    use crate::recipe::{Background, Recipe};

    #[test]
    fn a_recipe_comes_back_from_its_parameters() {
        let recipe = Recipe {
            size: Size { height: 3, width: 5 },
            fit: Fit::Crop,
            color: Color::Rgb,
            background: Background([1, 2, 255]),
            invert: true,
        };
        let Wishes { size, fit, color, background, invert } = read(&recipe.parameters()).unwrap();
        let again = Recipe {
            size: size.unwrap(),
            fit,
            color: color.unwrap(),
            background,
            invert: invert.unwrap(),
        };
        assert_eq!(again, recipe);
        assert!(read(&Value::Null).is_none());
    }
}
