package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"moonlark/engine/testkit"
	"moonlark/engine/testkit/story"
)

// TestMain makes the test binary act as the command moonlark when a story executes it.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"moonlark": main})
}

// tests wraps the tests of this package so that 16 stories run at the same time. Most stories
// mostly wait.
type tests struct{ *testing.M }

func (t tests) Run() int {
	testkit.SetParallel(16)
	return t.M.Run()
}

// TestStories runs the stories in testdata. Package story describes the commands of a story.
func TestStories(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	story.Run(t, "testdata", root)
}
