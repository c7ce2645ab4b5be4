// Pictures of maps: what comes from the appliance is taken apart and only known shapes with known
// attributes are built anew, so that nothing in a map's names can become a script, a style or a link.

/** @typedef {{name: string, attributes: Record<string, string>, children: (Shape | string)[]}} Shape */

const SVG = "http://www.w3.org/2000/svg";
const SHAPES_MAX = 60_000;
const DEPTH_MAX = 12;

const SHAPES = new Set(["svg", "g", "path", "line", "polyline", "polygon", "rect", "circle", "ellipse", "text", "tspan", "title"]);
const ATTRIBUTES = new Set(
  (
    "class d x y x1 y1 x2 y2 cx cy r rx ry dx dy width height points transform viewBox fill stroke opacity fill-opacity " +
    "stroke-opacity stroke-width stroke-linecap stroke-linejoin stroke-dasharray font-size font-weight text-anchor dominant-baseline"
  ).split(" "),
);

/**
 * @param {string} name
 * @param {string} value
 */
function isKnown(name, value) {
  return (ATTRIBUTES.has(name) || /^data-[a-z-]+$/.test(name)) && !/url\s*\(/i.test(value);
}

/**
 * The known part of an element.
 * @param {Element} element
 * @returns {Shape | null} Unless it is of another kind.
 */
export function knownShape(element) {
  let left = SHAPES_MAX;
  /**
   * @param {Element} from
   * @param {number} depth
   * @returns {Shape | null}
   */
  const take = (from, depth) => {
    left -= 1;
    if (left < 0 || depth > DEPTH_MAX || from.namespaceURI !== SVG || !SHAPES.has(from.localName)) return null;
    /** @type {Shape} */
    const shape = { name: from.localName, attributes: {}, children: [] };
    for (const { name, value } of from.attributes) if (isKnown(name, value)) shape.attributes[name] = value;
    for (const child of from.childNodes) {
      const kept = child.nodeType === 3 ? (child.nodeValue ?? "") : child.nodeType === 1 ? take(/** @type {Element} */ (child), depth + 1) : null;
      if (kept) shape.children.push(kept);
    }
    return shape;
  };
  return take(element, 0);
}

/** What of a picture is the floor itself; names and signs are drawn here at a size of their own. */
const PARTS = ["sections", "edges", "locations", "nodes"];

/**
 * The floor of a picture, without what stands around and above it.
 * @param {Shape} picture
 * @returns {Shape}
 */
export function floorOf(picture) {
  /** @type {Shape[]} */
  const found = [];
  const look = (/** @type {Shape} */ shape) => {
    if (shape.name === "g" && PARTS.includes(shape.attributes.class)) found.push(shape);
    else for (const child of shape.children) if (typeof child !== "string") look(child);
  };
  look(picture);
  return { ...picture, children: found };
}

/**
 * @param {string} text
 * @returns {Shape}
 */
export function readPicture(text) {
  // An answer that was broken off is empty, and is not worth the parser's page about it.
  if (!text) throw new Error("The picture of the map did not arrive.");
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const shape = root.localName === "svg" ? knownShape(root) : null;
  if (!shape) throw new Error("The picture of the map cannot be read.");
  return floorOf(shape);
}

/**
 * @param {Shape} shape
 * @returns {Element}
 */
export function built(shape) {
  const element = document.createElementNS(SVG, shape.name);
  for (const [name, value] of Object.entries(shape.attributes)) element.setAttribute(name, value);
  for (const child of shape.children) element.append(typeof child === "string" ? child : built(child));
  return element;
}
