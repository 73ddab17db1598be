package tool

import "testing"

// The scripts' tests check Fit with Lua values. This test checks that JSON is read in the same way.
func TestCheckArgumentsAcceptsWhatFitAccepts(t *testing.T) {
	number, list := &Schema{Type: "integer"}, &Schema{Type: "array", Items: &Schema{Type: "integer"}}
	spec := &Spec{Name: "a", Parameters: &Schema{Type: "object", Properties: []Property{{"n", number}, {"list", list}}, Required: []string{"n"}}}
	for args, want := range map[string]string{
		`{"n":1}`: "", `{"n":"1","list":null}`: "", `{"n":1,"list":"[1,\"2\"]"}`: "",
		`{"n":null}`: "n is missing (integer)", `{}`: "n is missing (integer)", ``: "n is missing (integer)",
		`{"n":1,"list":"1"}`: `list must be an array, not "1"`, `[1]`: "the arguments must be a JSON object, not [1]",
	} {
		got := ""
		if err := spec.CheckArguments([]byte(args)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", args, got, want)
		}
	}
}
