// Package docs holds the user documents and turns them into the pages below /docs/.
//
// A document is a file NAME.md in a strict subset of Markdown: headings of three levels, paragraphs, lists of
// one level, fenced code, tables, and in the text code, bold and links. Whatever else a document holds is an
// error with its line, not a guess; all text is escaped. Links lead to other documents (other.md#heading), to
// headings (#heading), to pages of the collector (/agents) or to https addresses.
//
// Site keeps these promises:
//   - the pages need no script, and load nothing but their own style sheet and icon;
//   - every link between documents leads to a page and a heading that are there;
//   - every document stands in the table of contents, and nothing stands there twice.
//
// The documents are true to the code by tests: keys, commands, routes, series, metrics and the texts of errors
// that stand in them are compared with the sources. The page metrics.md is generated, by
// "go test ./collector/ui/docs -run TestMetricsPage -update".
package docs
