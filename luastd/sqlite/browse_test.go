package sqlite

import (
	"encoding/json"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"moonlark/engine/activity"
)

func TestNumbersThatAPageCannotShowAreTexts(t *testing.T) {
	c, err := Open(":memory:", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var page activity.Page
	err = c.Do(t.Context(), func() error {
		if err := c.query("CREATE VIEW numbers AS SELECT 9e999, -9e999, 0.5, 9007199254740992, 9007199254740993, -9223372036854775808", func(*sqlite3.Stmt) {}); err != nil {
			return err
		}
		return c.browse(&page, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(page.Rows)
	if want := `[["+Inf","-Inf",0.5,9007199254740992,"9007199254740993","-9223372036854775808"]]`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
