package browser

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"moonlark/engine/testkit"
)

// axeTags are the tags of the rules of axe-core that CheckAccessibility checks. Together they are the rules
// of WCAG 2.2, levels A and AA.
var axeTags = []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"}

// axePackage is the npm package of axe-core, with its version.
const axePackage = "axe-core@4.14.1"

// NeedAxe skips the test if the npm package axe-core is not installed: see testkit.NodeFolder. Call it at
// the beginning of a test that only calls CheckAccessibility, so that the test does not start a browser for
// nothing.
func NeedAxe(t *testing.T) {
	t.Helper()
	testkit.NodeFolder(t, axePackage)
}

// CheckAccessibility fails the test if the page violates a rule of axe-core that has one of axeTags or of
// tags. It runs a subtest with the name "axe " and state. The subtest is skipped if the npm package axe-core
// is not installed: see testkit.NodeFolder.
func (b *Tab) CheckAccessibility(t *testing.T, state string, tags ...string) {
	t.Helper()
	t.Run("axe "+state, func(t *testing.T) {
		path := filepath.Join(testkit.NodeFolder(t, axePackage), "node_modules/axe-core/axe.min.js")
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rules, _ := json.Marshal(append(axeTags[:len(axeTags):len(axeTags)], tags...)) // encoding strings cannot fail
		b.Do("if (!window.axe) {" + string(source) + "\n}")
		for _, violation := range Eval[[]string](b, `axe.run(document, { runOnly: `+string(rules)+` })
			.then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target + " " + n.failureSummary).slice(0, 3).join("; ")))`) {
			t.Error(violation)
		}
	})
}
