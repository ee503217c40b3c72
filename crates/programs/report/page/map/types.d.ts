/**
 * Types that several files of the map share, and the one global of the map.
 */
declare namespace WardrobeMap {
  /** A list of numbers, typed or not. */
  type Numbers = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array | number[];

  /** A rectangle in data coordinates; y goes upwards. */
  interface Frame {
    left: number;
    right: number;
    bottom: number;
    top: number;
  }

  /** What part of the data is seen, and in which size. */
  interface View {
    centerX: number;
    centerY: number;
    /** CSS pixels per unit of the data, the same on both axes. */
    scale: number;
    /** CSS pixels. */
    width: number;
    height: number;
  }

  /** The least and the largest scale of a view. */
  interface Limits {
    smallest: number;
    largest: number;
  }

  /** A grouping by which points can be colored. */
  interface Grouping {
    name: string;
    names: string[];
    /** Group of each point, or `noise`. */
    of: Uint8Array | Uint16Array | Uint32Array;
    noise: number;
  }

  /** A part of an image that shows a point. */
  interface Thumbnail {
    image: CanvasImageSource;
    sx: number;
    sy: number;
    width: number;
    height: number;
  }

  /** What the map shows. */
  interface Data {
    /** Coordinates of each point, finite. */
    x: Uint16Array | Float32Array;
    y: Uint16Array | Float32Array;
    groupings: Grouping[];
    /** Text for the point `i`. */
    title: (i: number) => string;
    /** Image of the point `i`; `null` while it is not decoded yet. */
    thumbnail: null | ((i: number) => Thumbnail | null);
    /** Is called with the selected points, ascending, after the user changed the selection. */
    onSelect?: (indices: Uint32Array) => void;
    /** Row of the point `i` in the file of the points; the default is `i`. */
    row?: (i: number) => number;
    /** Value of the column `name` in the CSV; the default is the title. */
    fileName?: (i: number) => string;
    /** How points are drawn; by default with WebGL where it is fast. */
    renderer?: 'webgl' | 'canvas';
    /** Name of the grouping that holds the true classes; the default is `true class`. */
    classGrouping?: string;
  }

  /** What a caller does with a map. */
  interface Handle {
    /**
     * Draws everything at once, after a change of theme or of the size, when images are decoded,
     * or as sharp as paper shows it.
     */
    repaint: (printing?: boolean) => void;
    select: (indices: ArrayLike<number>) => void;
    setGrouping: (name: string) => void;
    /** Shows one group alone; `null` shows all. */
    highlight: (group: number | null) => void;
  }

  /** A color as red, green and blue, 0 to 255. */
  type Color = [number, number, number];

  /** Colors that depend on the theme. */
  interface Theme {
    paper: Color;
    ink: Color;
    dark: boolean;
    font: string;
  }

  /** How points are drawn. */
  interface PointStyle {
    /** Diameter in CSS pixels. */
    diameter: number;
    opacity: number;
    pixelRatio: number;
    /** Color behind the points. */
    paper: Color;
    /** Whether some points have to lie above others. */
    layered: boolean;
    /** How many points are drawn, of all in the order of drawing. */
    count: number;
  }

  /** Draws the points of the map. */
  interface Renderer {
    name: string;
    /** Sets the group of each point; noise has the number of groups. */
    setGroups: (groups: Float32Array) => void;
    /** Sets red, green, blue and opacity, 0 to 255, of each group and of noise. */
    setColors: (colors: Uint8Array) => void;
    /** Sets which points are selected, 1 or 0; `null` if there is no selection. */
    setSelected: (selected: Uint8Array | null) => void;
    draw: (view: View, style: PointStyle) => void;
    dispose: () => void;
  }

  /** Points by the cells of a grid. */
  interface GridIndex {
    nearest: (x: number, y: number, reach: number, accept?: (i: number) => boolean) => number;
    nearestToward: (
      x: number,
      y: number,
      toward: [number, number],
      step: number,
      accept?: (i: number) => boolean,
    ) => number;
    within: (frame: Frame) => number[];
    count: (frame: Frame, most: number) => number;
  }

  /** The place of a name on the map, in data coordinates. */
  interface Place {
    group: number;
    x: number;
    y: number;
    /** Extent of the points there. */
    height: number;
    /** Number of points of the group. */
    count: number;
  }

  /** A rectangle in CSS pixels; x and y are its middle. */
  interface Box {
    x: number;
    y: number;
    width: number;
    height: number;
  }

  /** A text and the room that it takes. */
  interface Label extends Box {
    group: number;
    text: string;
    /** Labels of larger priority are placed first. */
    priority: number;
  }

  /** A point in CSS pixels. */
  interface ScreenPoint {
    index: number;
    x: number;
    y: number;
  }

  /** What a drag with the mouse does. */
  type Mode = 'pan' | 'rectangle' | 'lasso';

  /** How a selection joins the one before. */
  type Join = 'replace' | 'add' | 'remove';

  /** What the parts of the map have in common. */
  interface State {
    data: Data;
    count: number;
    root: HTMLElement;
    index: GridIndex;
    /** Range of all points, and the frame without outliers. */
    full: Frame;
    home: Frame;
    view: View;
    limits: Limits;
    grouping: Grouping | null;
    /** Color of each group of the grouping. */
    colors: Color[];
    noise: Color;
    /** Number of points on the map of each group. */
    sizes: Uint32Array;
    /** The group that is shown alone, or -1. */
    only: number;
    /** 1 for each selected point. */
    flags: Uint8Array;
    selection: Uint32Array;
    /** The point under the pointer or the cursor of the keyboard, or -1. */
    current: number;
    mode: Mode;
    labels: boolean;
    /** Whether the map is drawn for paper. */
    printing: boolean;
    theme: Theme;
    /** Thumbnails that the map shows, in the order of drawing. */
    thumbnails: (Box & { index: number })[];
    /** Corners of the rectangle or the lasso that is being drawn, in CSS pixels. */
    path: number[];
    accepts: (i: number) => boolean;
  }

  /** What the parts of the map ask for. */
  interface Actions {
    /** Draws the map in the next frame. */
    invalidate: () => void;
    setView: (view: View, animated?: boolean) => void;
    zoom: (factor: number, x?: number, y?: number, animated?: boolean) => void;
    reset: (all?: boolean) => void;
    setMode: (mode: Mode) => void;
    setGrouping: (name: string) => void;
    highlight: (group: number) => void;
    /** Makes a point the current one; `by` tells whether the keyboard chose it. */
    point: (i: number, by: 'pointer' | 'keyboard' | 'gallery') => void;
    select: (indices: ArrayLike<number>, join: Join) => void;
    /** Selects what lies inside a polygon of CSS pixels. */
    selectInside: (polygon: number[], join: Join) => void;
    selectVisible: () => void;
    toggleLabels: () => void;
    /** Moves the view so that a point is in it. */
    reveal: (i: number) => void;
  }
}

/** The one global of the map: `create`, and under names of their own the parts of the map. */
declare var wardrobeMap: {
  frames: typeof import('./10-frames.js');
  views: typeof import('./11-views.js');
  polygons: typeof import('./12-polygons.js');
  gridIndex: typeof import('./13-grid-index.js');
  colors: typeof import('./14-colors.js');
  colorAssignment: typeof import('./15-color-assignment.js');
  labels: typeof import('./16-labels.js');
  thumbnailLayout: typeof import('./17-thumbnail-layout.js');
  csv: typeof import('./18-csv.js');
  pointStyle: typeof import('./19-point-style.js');
  webgl: typeof import('./30-webgl.js');
  canvas: typeof import('./31-canvas.js');
  pointsLayer: typeof import('./32-points-layer.js');
  overlay: typeof import('./33-overlay.js');
  dom: typeof import('./40-dom.js');
  toolbar: typeof import('./41-toolbar.js');
  legend: typeof import('./42-legend.js');
  hoverCard: typeof import('./43-hover-card.js');
  selectionPanel: typeof import('./44-selection-panel.js');
  pointer: typeof import('./50-pointer.js');
  keyboard: typeof import('./51-keyboard.js');
  state: typeof import('./60-state.js');
  create: typeof import('./90-create.js').create;
};

/** The module of a file that node reads; absent in a page. */
declare var module: { exports: unknown };
