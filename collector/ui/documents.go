package ui

import (
	_ "embed"
	"fmt"
	"strings"

	"ninewatch/collector/ui/docs"
)

// The documents wear the colours and the icon of the application, and need no build.
var (
	//go:embed app/src/css/tokens.css
	tokens []byte
	//go:embed app/src/favicon.svg
	icon []byte
)

// docsFolder is where the user documents are served.
const docsFolder = "docs"

// addDocuments puts the user documents below /docs/. They load nothing but their style sheet, and run nothing
// but the script of the application that sets the theme before the first paint.
func (h *handler) addDocuments() error {
	pages, err := docs.Site(tokens, inlineScript.Find(h.index.body))
	if err != nil {
		return fmt.Errorf("read the documents: %w", err)
	}
	pages["icon.svg"] = icon
	for name, body := range pages {
		file, err := newFile(name, body)
		if err != nil {
			return err
		}
		if !strings.Contains(name, ".") {
			file.kind, file.policy = contentTypes[".html"], policy(body)
		}
		h.files[docsFolder+"/"+name] = file
	}
	h.files[docsFolder] = h.files[docsFolder+"/index"]
	return nil
}
