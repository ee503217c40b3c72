//! Prints the scores of one split.

use metrics::{Dispersion, Mapped, Scores, Silhouette};

use crate::split::{ByTrainingMap, Internal, Known, Split};

/// Most classes of a confusion matrix in a terminal; the JSON has up to 100.
const MAX_CLASSES_SHOWN: usize = 20;

/// Renders the scores, the silhouette, then the confusion matrix under either map.
pub fn split_text(name: &str, split: &Split, classes: &[String]) -> String {
    let (n, known, clusters, noise) = match &split.known {
        Known::Scores(scores) => {
            (scores.n, format!("{} classes, ", scores.classes), scores.clusters, scores.noise_share)
        }
        Known::Counts { n, clusters, noise_share } => (*n, String::new(), *clusters, *noise_share),
    };
    let noise = percent(noise);
    let mut text = format!("{name}: {n} points, {known}{clusters} clusters, {noise} noise\n\n");
    if let Some(scores) = split.scores() {
        let row = [scores.purity, scores.acc, scores.nmi, scores.ami, scores.ari];
        let row = row.map(|score| format!("{score:.4}")).to_vec();
        text += &cli::table(&["purity", "ACC (Hungarian)", "NMI", "AMI", "ARI"], [row]);
        let row =
            [scores.homogeneity, scores.completeness, scores.v_measure, scores.fowlkes_mallows];
        let row = row.map(|score| format!("{score:.4}")).to_vec();
        text += &format!(
            "\n{}",
            cli::table(
                &["homogeneity", "completeness", "V-measure (= NMI)", "Fowlkes-Mallows"],
                [row]
            )
        );
    }
    if let Some(ByTrainingMap { training_split, majority_accuracy, one_to_one_accuracy }) =
        &split.by_training_map
    {
        text += &format!(
            "\naccuracy by the maps found on {training_split}: majority {majority_accuracy:.4}, \
             one-to-one {one_to_one_accuracy:.4}\n"
        );
    }
    if let Some(Internal { space, silhouette, dispersion, .. }) = &split.internal {
        let apart = if split.scores().is_some() { "\n" } else { "" };
        text += &format!(
            "{apart}internal, without labels, in {space}: {}\n",
            measured(silhouette, dispersion)
        );
    }
    match split.scores() {
        Some(scores) if classes.len() <= MAX_CLASSES_SHOWN => {
            text + &confusions(scores, classes) + "\n"
        }
        _ => text + "\n",
    }
}

fn measured(silhouette: &Silhouette, dispersion: &Dispersion) -> String {
    let Silhouette { value, standard_error, sample, points, features } = silhouette;
    let value = value.map_or("no silhouette for fewer than two clusters".into(), |value| {
        let error = standard_error.filter(|&error| error > 0.0);
        let error = error.map_or(String::new(), |error| format!(" (standard error {error:.4})"));
        format!("silhouette {value:.4}{error} in {features} features")
    });
    let of = if sample == points { "all".to_owned() } else { format!("{sample} drawn from the") };
    let Dispersion { davies_bouldin, calinski_harabasz } = dispersion;
    let wide = davies_bouldin.map_or(String::new(), |value| format!("; Davies-Bouldin {value:.4}"));
    let apart =
        calinski_harabasz.map_or(String::new(), |value| format!(", Calinski-Harabasz {value:.1}"));
    format!("{value}, of {of} {points} points in clusters{wide}{apart}")
}

fn confusions(scores: &Scores, classes: &[String]) -> String {
    [
        ("majority map: each cluster stands for its most frequent class", &scores.majority),
        ("one-to-one map: each class has at most one cluster", &scores.one_to_one),
    ]
    .map(|(title, mapped)| {
        format!(
            "\n{title} (rows: true class, columns: predicted)\n\n{}",
            confusion(mapped, classes)
        )
    })
    .concat()
}

/// Renders a confusion matrix; empty for more classes than score files have a matrix of.
fn confusion(mapped: &Mapped, classes: &[String]) -> String {
    let Some(matrix) = &mapped.confusion else { return String::new() };
    let mut head = vec!["class"];
    head.extend(classes.iter().map(String::as_str));
    let unassigned = mapped.unassigned.iter().any(|&count| count > 0);
    if unassigned {
        head.push("none");
    }
    head.push("recall");
    let rows = classes.iter().enumerate().map(|(i, class)| {
        let mut row = vec![class.clone()];
        row.extend(matrix[i].iter().map(ToString::to_string));
        if unassigned {
            row.push(mapped.unassigned[i].to_string());
        }
        row.push(percent(mapped.recall[i]));
        row
    });
    let mut last = vec!["precision".to_owned()];
    last.extend(
        mapped.precision.iter().map(|precision| precision.map(percent).unwrap_or_default()),
    );
    last.resize(head.len(), String::new());
    cli::table(&head, rows.chain([last]))
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
