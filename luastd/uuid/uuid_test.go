package uuid_test

import (
	"testing"

	"moonlark/luastd/luastdtest"
)

func TestUUIDExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }
