// Package ui serves the web pages of the collector.
//
// The pages are a Preact application in app/, built by Vite into dist/, which is not
// committed. What dist/ held when the binary was compiled is inside the binary; without
// it, every address answers with a page that says so and how to mend it.
//
// Handler keeps these promises:
//   - assets, whose names carry a hash of their content, may be cached for ever; pages may not
//     be stored;
//   - an address that names no file answers with the application (a deep link works), a missing
//     asset answers 404;
//   - every page carries a Content-Security-Policy under which only files of this collector
//     are loaded: no other origin, no inline script but the one whose digest is in the policy,
//     no inline style;
//   - the user documents of package docs are at /docs/, whether or not the application was built;
//   - text is compressed once, when the handler is made, for browsers that accept gzip.
//
// The package knows nothing of the API and holds no state; Handler may be used by any number
// of goroutines.
package ui
