//! Style and script of the page, each put together from files of one subject.

/// Parts of the style, in the order of the page.
pub const STYLE: &[&str] = &[
    include_str!("../page/style/base.css"),
    include_str!("../page/style/groups.css"),
    include_str!("../page/style/tables.css"),
    include_str!("../page/map/map.css"),
    include_str!("../page/style/print.css"),
];

/// Parts of the script, each after those it uses.
///
/// The files of the map share one global; names of the other files are known to one another alone.
pub const SCRIPT: &[&str] = &[
    include_str!("../page/map/10-frames.js"),
    include_str!("../page/map/11-views.js"),
    include_str!("../page/map/12-polygons.js"),
    include_str!("../page/map/13-grid-index.js"),
    include_str!("../page/map/14-colors.js"),
    include_str!("../page/map/15-color-assignment.js"),
    include_str!("../page/map/16-labels.js"),
    include_str!("../page/map/17-thumbnail-layout.js"),
    include_str!("../page/map/18-csv.js"),
    include_str!("../page/map/19-point-style.js"),
    include_str!("../page/map/30-webgl.js"),
    include_str!("../page/map/31-canvas.js"),
    include_str!("../page/map/32-points-layer.js"),
    include_str!("../page/map/33-overlay.js"),
    include_str!("../page/map/40-dom.js"),
    include_str!("../page/map/41-toolbar.js"),
    include_str!("../page/map/42-legend.js"),
    include_str!("../page/map/43-hover-card.js"),
    include_str!("../page/map/44-selection-panel.js"),
    include_str!("../page/map/50-pointer.js"),
    include_str!("../page/map/51-keyboard.js"),
    include_str!("../page/map/60-state.js"),
    include_str!("../page/map/90-create.js"),
    "(() => {\n'use strict';\n",
    include_str!("../page/format.js"),
    include_str!("../page/data.js"),
    include_str!("../page/members.js"),
    include_str!("../page/tables.js"),
    include_str!("../page/theme.js"),
    include_str!("../page/tabs.js"),
    include_str!("../page/tiles.js"),
    include_str!("../page/sprite.js"),
    include_str!("../page/names.js"),
    include_str!("../page/viewer.js"),
    include_str!("../page/cards.js"),
    include_str!("../page/compare.js"),
    include_str!("../page/places.js"),
    include_str!("../page/main.js"),
    "})();\n",
];

#[cfg(test)]
mod tests {
    use super::{SCRIPT, STYLE};

    #[test]
    fn no_part_ends_the_element_it_stands_in() {
        for part in SCRIPT.iter().chain(STYLE) {
            assert!(!part.contains("</") && !part.contains("<!--"), "{part}");
        }
    }
}
