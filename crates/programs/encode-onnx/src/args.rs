//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use cli::{Count, List};

use crate::model::Layout;
use crate::prepare::Filter;
use crate::size::Size;

/// Turns images into features for clustering by a pretrained network in ONNX, such as DINOv2, CLIP
/// or a ResNet, on the CPU. Photographs need one: without, from pixels, scattering or a small
/// autoencoder, their groups come out near chance. Images are resized, taken as values from 0 to 1,
/// and normalized by mean and deviation as the network was trained. An output of places is
/// averaged over them; of an output of tokens the first is kept. Memory does not grow with the
/// number of images, and the number of threads changes no result.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "import-images --from photographs --size 224 --color rgb --out images.npy \
        --names names.csv\n\
        encode-onnx --images images.npy --model dinov2.onnx --out features.npy\n\
        encode-onnx --images images.npy --model clip.onnx --input pixel_values \
        --mean 0.481,0.458,0.408 --std 0.269,0.261,0.276 --resize bicubic --out features.npy\n\
        embed-umap --points features.npy --out embedded.npy"
)]
pub struct Args {
    /// images: .npy, (n, height, width), or (n, height, width, 3) in color; u1 is divided by 255,
    /// booleans are 0 and 1, other numbers are taken as they are; import-images makes it of a
    /// folder
    #[argh(option, arg_name = "file")]
    pub(crate) images: PathBuf,
    /// network: .onnx, with one input of images of one or three channels; gray images are repeated
    /// for three
    #[argh(option, arg_name = "file")]
    pub(crate) model: PathBuf,
    /// features to write: .npy, f4, (n, d)
    #[argh(option, arg_name = "file")]
    pub(crate) out: PathBuf,
    /// input that takes the images (default the only one that the output needs)
    #[argh(option, arg_name = "name")]
    pub(crate) input: Option<String>,
    /// output, or any other value in the graph, that holds the features (default the only output
    /// that needs one input alone)
    #[argh(option, arg_name = "name")]
    pub(crate) output: Option<String>,
    /// side, or HxW, that images are resized to (default that of the model; needed where the model
    /// leaves it open); images of another shape are stretched
    #[argh(option, arg_name = "size")]
    pub(crate) size: Option<Size>,
    /// how images are resized: bilinear or bicubic, as Pillow does (default bilinear)
    #[argh(option, arg_name = "filter", default = "Filter::Bilinear")]
    pub(crate) resize: Filter,
    /// what is subtracted of values from 0 to 1: one number, or R,G,B (default
    /// 0.485,0.456,0.406, the mean of ImageNet; 0 for a network of gray images)
    #[argh(option, arg_name = "numbers")]
    pub(crate) mean: Option<List<f32>>,
    /// what the difference is divided by: one number, or R,G,B (default 0.229,0.224,0.225, the
    /// deviation of ImageNet; 1 for a network of gray images)
    #[argh(option, arg_name = "numbers")]
    pub(crate) std: Option<List<f32>>,
    /// order of the input: nchw, channels first, or nhwc, channels last (default by the side of
    /// the input that is 1 or 3)
    #[argh(option, arg_name = "order")]
    pub(crate) layout: Option<Layout>,
    /// images that a thread computes at once; another number may round differently (default that
    /// of the model, or 1 where the model leaves it open)
    #[argh(option, arg_name = "n")]
    pub(crate) batch: Option<Count>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub(crate) threads: Option<Count>,
}

impl FromStr for Layout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Nchw, Self::Nhwc];
        let found = all.into_iter().find(|layout| layout.name() == text);
        found.ok_or_else(|| "expected nchw or nhwc".into())
    }
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Bilinear, Self::Bicubic];
        let found = all.into_iter().find(|filter| filter.name() == text);
        found.ok_or_else(|| "expected bilinear or bicubic".into())
    }
}
