// Package store keeps the samples: an embedded Prometheus TSDB that the ingest journal feeds.
//
// Promises:
//   - Apply returns nil when the samples are on disk (WAL and WBL fsynced) and the cursor "samples" says
//     so: an entry may be fed again after a crash, and changes nothing then;
//   - samples up to Config.OutOfOrder old are taken in any order; older ones are counted and left out;
//   - below the free-disk reserve Paused is true: the feed and the acknowledgements wait, because the TSDB
//     cannot be trusted on a full disk (its out-of-order log swallows write errors);
//   - entries that ingest has put into quarantine never enter.
//
// Labels: site and device come from the entry, agent only where the series depends on who looks. Values
// that are derived from facts (ninewatch_state) never enter the store.
package store
