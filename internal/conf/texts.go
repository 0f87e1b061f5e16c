package conf

// Texts is a list of texts in a file; a single one may stand without brackets.
type Texts []string

// OneOrMany marks list types of which a single element may stand without brackets.
func (Texts) OneOrMany() {}
