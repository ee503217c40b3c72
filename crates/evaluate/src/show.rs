//! The scores of one split as text.

use metrics::{Mapped, Scores};

/// Above this many classes a confusion matrix is no longer read in a terminal; the JSON has it.
const MAX_CLASSES_SHOWN: usize = 20;

/// Scores, then the confusion matrix under either map, with the recall of each class.
pub fn split(name: &str, scores: &Scores, classes: &[String]) -> String {
    let mut text = format!(
        "{name}: {} points, {} classes, {} clusters, {} noise\n\n",
        scores.n,
        scores.classes,
        scores.clusters,
        percent(scores.noise_share)
    );
    let row =
        [scores.purity, scores.acc, scores.nmi, scores.ami, scores.ari].map(|score| format!("{score:.4}"));
    text += &stage::table(&["purity", "ACC (Hungarian)", "NMI", "AMI", "ARI"], [row.to_vec()]);
    if classes.len() > MAX_CLASSES_SHOWN {
        return text + "\n";
    }
    for (title, mapped) in [
        ("majority map: each cluster stands for its most frequent class", &scores.majority),
        ("one-to-one map: each class has at most one cluster", &scores.one_to_one),
    ] {
        text +=
            &format!("\n{title} (rows: true class, columns: predicted)\n\n{}", confusion(mapped, classes));
    }
    text + "\n"
}

fn confusion(mapped: &Mapped, classes: &[String]) -> String {
    let mut head = vec!["class"];
    head.extend(classes.iter().map(String::as_str));
    let unassigned = mapped.unassigned.iter().any(|&count| count > 0);
    if unassigned {
        head.push("none");
    }
    head.push("recall");
    let rows = classes.iter().enumerate().map(|(i, class)| {
        let mut row = vec![class.clone()];
        row.extend(mapped.confusion[i].iter().map(ToString::to_string));
        if unassigned {
            row.push(mapped.unassigned[i].to_string());
        }
        row.push(percent(mapped.recall[i]));
        row
    });
    stage::table(&head, rows)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
