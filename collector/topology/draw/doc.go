// Package draw lays a topology.Network out and writes it as SVG, for the page, for `topology.svg` and for
// paper.
//
// The layout is computed, not simulated: sites are boxes, the nodes of a site stand in layers by their hops
// from the core, ordered so that few links cross, and boxes are packed onto shelves from the core's outward.
// The same network gives the same picture to the byte, and a new leaf moves little: positions depend on ids
// and links alone.
//
// Colors are presentation attributes with the custom properties of the design tokens, and a fallback for a
// viewer without them; there is no style element, script or reference to another place. Nodes and links carry
// classes (nd, lk, single, stale) and data-node or data-link, so that a page can select them, and a title
// that says in words what their colors do. Texts of devices are escaped and bounded.
package draw
