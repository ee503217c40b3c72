//! The shape of the images that a network takes.

use super::choice::Choice;
use super::layout::Layout;
use super::proto::Described;
use super::refusal::Refusal;
use super::tensors::type_name;
use crate::size::Size;

/// The input of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Number of images at once.
    pub batch: usize,
    /// Values of a pixel, 1 or 3.
    pub channels: usize,
    /// Height and width.
    pub size: Size,
    /// Order of the values.
    pub layout: Layout,
}

impl Input {
    /// Gives the shape of the input.
    pub fn shape(&self) -> [usize; 4] {
        let Size { height, width } = self.size;
        match self.layout {
            Layout::Nchw => [self.batch, self.channels, height, width],
            Layout::Nhwc => [self.batch, height, width, self.channels],
        }
    }

    /// Gives the number of values of the input.
    pub fn values(&self) -> usize {
        self.shape().iter().product()
    }
}

/// Most images that are computed at once; more are no faster, and take memory.
const MOST_BATCH: usize = 1024;

/// What is told about an input that is none of images.
const EXPECTED: &str =
    "an image network, with an input of float32 of shape (n, 3, height, width) or of one channel";
const HINT: &str = "choose another input with --input, or give a network for images";

/// Finds the shape of an input.
///
/// # Errors
/// An input that is none of images; a size or a batch that is open and not chosen, or is chosen
/// and not that of the model.
pub fn shape(input: &Described, choice: &Choice) -> Result<Input, Refusal> {
    let refused = |found: String| Refusal::new(EXPECTED, found, HINT);
    let (Some(element), Some(sides)) = (input.element, &input.sides) else {
        return Err(refused(format!("the input {} without shape", input.name)));
    };
    let element = type_name(element);
    if element != "float32" {
        return Err(refused(format!("the input {} of {element}", input.name)));
    }
    let &[batch, a, b, c] = sides.as_slice() else {
        return Err(refused(format!("the input {} of shape {}", input.name, shown(sides))));
    };
    let layout = layout([a, b, c], choice.layout)
        .ok_or_else(|| Refusal::new(EXPECTED, format!("the shape {}", shown(sides)), HINT))?;
    let (channels, height, width) = match layout {
        Layout::Nchw => (a, b, c),
        Layout::Nhwc => (c, a, b),
    };
    let batch = agreed(batch, choice.batch, "--batch")?.unwrap_or(1);
    if batch > MOST_BATCH {
        let expected = format!("batches of at most {MOST_BATCH} images");
        return Err(Refusal::new(expected, batch.to_string(), "choose fewer with --batch"));
    }
    Ok(Input {
        batch,
        // Color is what is left open for images of one channel and of three.
        channels: channels.unwrap_or(3),
        size: size((height, width), choice.size)?,
        layout,
    })
}

/// Whether an input has the type and the shape of images.
pub fn may_be_images(input: &Described) -> bool {
    let sides = input.sides.as_deref();
    let is_float = input.element.is_some_and(|element| type_name(element) == "float32");
    is_float && matches!(sides, Some(&[_, a, b, c]) if layout([a, b, c], None).is_some())
}

/// Finds the order of an input with these sides, the first left out; `None` if it has no channels.
fn layout(sides: [Option<usize>; 3], chosen: Option<Layout>) -> Option<Layout> {
    let has = |side: Option<usize>| matches!(side, Some(1 | 3));
    let may_have = |side: Option<usize>| side.is_none_or(|side| [1, 3].contains(&side));
    match chosen {
        Some(Layout::Nchw) => may_have(sides[0]).then_some(Layout::Nchw),
        Some(Layout::Nhwc) => may_have(sides[2]).then_some(Layout::Nhwc),
        None if has(sides[0]) => Some(Layout::Nchw),
        None if has(sides[2]) => Some(Layout::Nhwc),
        None if may_have(sides[0]) => Some(Layout::Nchw),
        None if may_have(sides[2]) => Some(Layout::Nhwc),
        None => None,
    }
}

/// Finds the size from that of the model and the chosen one.
fn size(model: (Option<usize>, Option<usize>), chosen: Option<Size>) -> Result<Size, Refusal> {
    let height = agreed(model.0, chosen.map(|size| size.height), "--size")?;
    let width = agreed(model.1, chosen.map(|size| size.width), "--size")?;
    let (Some(height), Some(width)) = (height, width) else {
        return Err(Refusal::new(
            "a network that says the height and width of its images",
            "one that leaves them open",
            "choose those that it was trained with, such as --size 224",
        ));
    };
    let size = Size { height, width };
    if !size.is_usual() {
        return Err(Refusal::new(EXPECTED, format!("images of {size} pixels"), HINT));
    }
    Ok(size)
}

/// Gives a number of the model, or the chosen one where the model leaves it open.
fn agreed(
    model: Option<usize>,
    chosen: Option<usize>,
    option: &str,
) -> Result<Option<usize>, Refusal> {
    match (model, chosen) {
        (Some(model), Some(chosen)) if model != chosen => Err(Refusal::new(
            format!("a network that takes {option} {chosen}"),
            format!("one for {model}"),
            format!("leave out {option}, or export the network with that dimension dynamic"),
        )),
        _ => Ok(model.or(chosen)),
    }
}

/// Shows a shape, with `?` for sides that are open.
fn shown(sides: &[Option<usize>]) -> String {
    let side = |side: &Option<usize>| side.map_or("?".to_owned(), |side| side.to_string());
    format!("({})", sides.iter().take(8).map(side).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_found_by_the_channels() {
        for (sides, chosen, expected) in [
            ([Some(3), Some(9), Some(9)], None, Some(Layout::Nchw)),
            ([Some(9), Some(9), Some(1)], None, Some(Layout::Nhwc)),
            ([None, None, None], None, Some(Layout::Nchw)),
            ([Some(9), Some(9), None], None, Some(Layout::Nhwc)),
            ([Some(9), Some(9), Some(9)], None, None),
            ([Some(3), Some(9), Some(3)], Some(Layout::Nhwc), Some(Layout::Nhwc)),
            ([Some(3), Some(9), Some(9)], Some(Layout::Nhwc), None),
            ([None, None, Some(3)], None, Some(Layout::Nhwc)),
        ] {
            assert_eq!(layout(sides, chosen), expected, "{sides:?} {chosen:?}");
        }
    }
}
