// Package inventory keeps what people say that there is (all kinds of inventory as code: see Kinds) and
// what devices say of themselves (facts, interfaces and their keys, parts with their history).
//
// Parse reads inventory as code, strictly and with all mistakes at once. Apply makes the stored
// inventory equal to it: applying the same again changes nothing, the diff names each changed field, and
// prune removes only what apply created. Names never change, but renamed_from takes the whole history
// along, and late records under the former name find the new one.
//
// Secrets are sealed with age under a key that lies in a file of its own beside the database, compared
// by keyed hash, and opened only by Credential, Receivers and Assignment. Nothing else returns them.
//
// The package holds no HTTP, gRPC or YAML types. All methods may be called from any goroutine.
package inventory
