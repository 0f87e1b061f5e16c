package conf

// Texts is a list of texts in a file; a single one may stand without brackets.
type Texts []string

// MayBeOne implements One.
func (Texts) MayBeOne() {}
