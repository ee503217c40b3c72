//! Reads a network and computes features with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use artifact::{Error, FileRecord};
use rten::{LoadErrorKind, ModelOptions, NodeId, RunOptions, ThreadPool};
use rten_tensor::{Layout as _, Tensor, TensorView};

use super::choice::Choice;
use super::graph::{choose, pruned};
use super::guard::guarded;
use super::input::{Input, shape};
use super::layout::Layout;
use super::pooling::Pooling;
use super::proto::Model;
use super::refusal::Refusal;
use super::{operators, tensors};
use crate::size::Size;

/// A network that is ready to compute features.
pub struct Network {
    path: PathBuf,
    model: rten::Model,
    /// Input and output in the library.
    ids: (NodeId, NodeId),
    /// Names of input and output.
    names: (String, String),
    input: Input,
    version: i64,
    pooling: Pooling,
    /// Shape of the output for a batch.
    output: Vec<usize>,
}

/// A thread that computes, which takes one batch at a time.
pub struct Worker {
    /// Pool of one thread, on which no sum depends on the number of threads.
    pool: Arc<ThreadPool>,
}

impl Worker {
    /// Starts the thread.
    #[allow(clippy::new_without_default, reason = "a thread is no default value")]
    pub fn new() -> Self {
        Self { pool: Arc::new(ThreadPool::with_num_threads(1)) }
    }
}

impl Network {
    /// Reads the model at `path`, with the record of each file that was read.
    ///
    /// # Errors
    /// A model that cannot be read, is none of images, or does not go with `choice`: the file, what
    /// was expected, what was found, what to do.
    ///
    /// ```no_run
    /// use encode_onnx::{Choice, Network};
    ///
    /// let (network, records) = Network::read("resnet50.onnx".as_ref(), &Choice::default())?;
    /// println!("{} features, SHA-256 {}", network.features(), records[0].sha256);
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn read(path: &Path, choice: &Choice) -> anyhow::Result<(Self, Vec<FileRecord>)> {
        let (bytes, record) = artifact::read_bytes(path)?;
        let read = Self::of(path, bytes, choice).map_err(|error| error.at(path));
        let (network, others) = read?;
        Ok((network, std::iter::once(record).chain(others).collect()))
    }

    fn of(
        path: &Path,
        bytes: Vec<u8>,
        choice: &Choice,
    ) -> Result<(Self, Vec<FileRecord>), Refusal> {
        let model = Model::read(&bytes).map_err(|_| unreadable("it is damaged, or no model"))?;
        let (version, graph) = (model.version.unwrap_or(1), model.graph);
        let graph = graph.ok_or_else(|| unreadable("it has no graph"))?;
        let chosen = choose(&graph, choice)?;
        let described = graph.inputs.iter().find(|input| input.name == chosen.input);
        let described = described.ok_or_else(|| unreadable("it has no such input"))?;
        let input = shape(described, choice)?;

        let needed = pruned(&graph, &chosen);
        // The large file goes before the library makes its own copy of the weights.
        drop(bytes);
        let model = Model::read(&needed).map_err(|_| unreadable("it is damaged"))?;
        let graph = model.graph.unwrap_or_default();
        operators::check(&graph, version)?;
        tensors::check(&graph)?;
        let external = tensors::external_files(path, &graph)?;
        let (mut contents, mut records) = (Vec::new(), Vec::new());
        for (name, (content, record)) in external {
            contents.push((name, content));
            records.push(record);
        }
        let worker = Worker::new();
        let loaded = worker.pool.run(|| {
            let mut options = ModelOptions::with_all_ops();
            for (name, content) in contents {
                options.external_data(&name, content);
            }
            let mut kind = None;
            let load = || options.load(needed).inspect_err(|error| kind = Some(error.kind()));
            guarded(load).map_err(|found| match kind {
                Some(LoadErrorKind::OperatorInvalid) => operators::unknown(&found),
                _ => unusable(&found),
            })
        });
        let model = loaded?;
        let id = |name: &str| model.find_node(name).ok_or_else(|| unusable(&format!("no {name}")));
        let ids = (id(&chosen.input)?, id(&chosen.output)?);
        let mut network = Self {
            path: path.to_owned(),
            ids,
            model,
            names: (chosen.input, chosen.output),
            input,
            version,
            pooling: Pooling::Vector,
            output: Vec::new(),
        };
        // Only a run tells the shape of the output for sure.
        let (output, _) = network.output(&worker, &vec![0.0; network.input.values()])?;
        network.pooling = Pooling::of(&output, network.input.batch, network.input.layout)?;
        network.output = output;
        Ok((network, records))
    }

    /// Gives the number of features of an image.
    pub fn features(&self) -> usize {
        self.pooling.features(&self.output, self.input.layout)
    }

    /// Gives the number of images that [`Self::encode`] takes.
    pub fn batch(&self) -> usize {
        self.input.batch
    }

    /// Gives the height and width of images.
    pub fn size(&self) -> Size {
        self.input.size
    }

    /// Gives the number of values of a pixel, 1 or 3.
    pub fn channels(&self) -> usize {
        self.input.channels
    }

    /// Gives the order of the values of an image.
    pub fn layout(&self) -> Layout {
        self.input.layout
    }

    /// Gives the names of the input and of the output.
    pub fn names(&self) -> (&str, &str) {
        (&self.names.0, &self.names.1)
    }

    /// Gives the version of the set of operators that the model is written in.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Says how features are made of the output.
    pub fn pooling(&self) -> Pooling {
        self.pooling
    }

    /// Computes the features (batch, d) of a whole batch of images, one after the other.
    ///
    /// # Errors
    /// A network that fails on these images; features that are not finite; another number of values
    /// than a batch has.
    ///
    /// ```no_run
    /// # use encode_onnx::{Choice, Network, Worker};
    /// let (network, _) = Network::read("resnet50.onnx".as_ref(), &Choice::default())?;
    /// let size = network.size();
    /// let gray = vec![0.0; network.batch() * network.channels() * size.height * size.width];
    /// let features = network.encode(&Worker::new(), &gray)?;
    /// assert_eq!(features.len(), network.batch() * network.features());
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn encode(&self, worker: &Worker, images: &[f32]) -> anyhow::Result<Vec<f32>> {
        let refused = |found: Refusal| found.at(&self.path);
        let (shape, output) = self.output(worker, images).map_err(refused)?;
        if shape != self.output {
            return Err(refused(unusable("the shape of its output depends on the images")));
        }
        let features = self.pooling.features_of(output, &self.output, self.input.layout);
        match features.iter().find(|value| !value.is_finite()) {
            None => Ok(features),
            Some(value) => Err(Error::content(
                &self.path,
                "a network that computes finite features",
                value.to_string(),
                "check --mean and --std and the values of the images",
            )
            .into()),
        }
    }

    /// Computes the output of a batch: its shape and its values.
    fn output(&self, worker: &Worker, images: &[f32]) -> Result<(Vec<usize>, Vec<f32>), Refusal> {
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&worker.pool)));
        let computed = worker.pool.run(|| {
            guarded(|| -> anyhow::Result<_> {
                let images = TensorView::try_from_data(&self.input.shape(), images)?;
                let inputs = vec![(self.ids.0, images.into())];
                let [output] = self.model.run_n(inputs, [self.ids.1], Some(options))?;
                let kind = output.dtype();
                let values: Option<Tensor<f32>> = output.into_tensor();
                let values = values.ok_or_else(|| {
                    anyhow::anyhow!("its output is of type {kind}, where features are floats")
                })?;
                Ok((values.shape().to_vec(), values.into_data()))
            })
        });
        computed.map_err(|found| unusable(&found))
    }
}

fn unreadable(found: &str) -> Refusal {
    Refusal::new(
        "a network in the ONNX format",
        format!("a file that cannot be read ({found})"),
        "copy it again, or export it again, in Python with torch.onnx.export",
    )
}

fn unusable(found: &str) -> Refusal {
    Refusal::new(
        "a network that can be run",
        format!("one that cannot ({found})"),
        "export it again, in Python with torch.onnx.export(..., opset_version=18), or choose \
         another value of the graph with --output",
    )
}
