// Package graph answers questions about the shape of a network: what holds it together, who loses the core
// when something fails, and whether what is left carries the load. It knows nothing of devices.
//
// A Graph is an undirected multigraph: parallel edges stay apart and are told by their id, which is their
// position in the list given to New; self loops keep their id and join nothing. Analyze runs one iterative
// low-link depth-first search (Hopcroft and Tarjan 1973), by edge id, so that a second edge to the parent is
// a back edge and a pair of parallel edges never a bridge. Structure then tells the loss of every single node
// and bridge as a few spans of the search order: all of them together cost O(V+E).
//
// Paths counts edge- and node-disjoint paths by maximum flow (Menger), Lost tells the loss of things that
// fail together (a risk group), and Survey sends demands along shortest paths by hops, split evenly over all
// next-hop edges, now and after each single failure, touching only what a failure changes.
//
// Decode reads the JSON and GraphML that `analyze topology` takes, and Answer is what it prints.
//
// Everything is pure. A Graph, a Structure and a Survey may be read from any goroutine; a Paths belongs to one.
package graph
