// Package conf reads the YAML files of people: strictly, and with all mistakes at once.
//
// Every mistake is a Problem that prints as "file:line:column: key: what is wrong, what would be
// right". Unknown keys are mistakes and name the nearest known one. Durations are written 30s, 15m,
// 36h or 7d, sizes 512MiB or 2GiB, and every Secret may be a text, {file: PATH} or {env: NAME}.
//
// A file is hostile until it is parsed: its size is bounded, and aliases cannot make it grow beyond
// maxNodes. Nothing here panics on input, and no error text holds a secret.
//
// Structs describe a file by their yaml tags, as for go.yaml.in/yaml; fields without a tag are not part
// of it. Types that implement encoding.TextUnmarshaler are read from scalars.
package conf
