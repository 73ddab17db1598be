package story

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"moonlark/engine/testkit"
)

func (s *story) request(ts *testscript.TestScript, args []string) {
	body := strings.Join(args[2:min(3, len(args))], "")
	r, err := http.NewRequest(args[0], args[1], strings.NewReader(body))
	ts.Check(err)
	for _, header := range args[min(3, len(args)):] {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	client := http.Client{Transport: new(http.Transport), Timeout: testkit.Timeout}
	defer client.CloseIdleConnections()
	answer, err := client.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d\n%s", answer.StatusCode, text)
}

// jsonLines prints the types of the events in a file and, for each type, the fields of these
// events. It fails if a line is not an event, or if the manual's table of events does not contain a
// field.
func (s *story) jsonLines(ts *testscript.TestScript, args []string) {
	manual, err := os.ReadFile(ts.Getenv("ROOT") + "/docs/command.md")
	ts.Check(err)
	fields := make(map[string]map[string]bool)
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			ts.Fatalf("%s: %v", line, err)
		}
		kind, _ := event["type"].(string)
		text, _ := event["time"].(string)
		if at, err := time.Parse(time.RFC3339Nano, text); err != nil || time.Since(at) > time.Hour || kind == "" {
			ts.Fatalf("%s: no type, or not the present time", line)
		}
		if fields[kind] == nil {
			fields[kind] = make(map[string]bool)
		}
		for name := range event {
			fields[kind][name] = true
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(fields)) {
		row := regexp.MustCompile("(?m)^\\| [^|]*`" + kind + "`.*$").Find(manual)
		delete(fields[kind], "type")
		delete(fields[kind], "time")
		names := slices.Sorted(maps.Keys(fields[kind]))
		for _, name := range names {
			if !bytes.Contains(row, []byte("`"+name+"`")) {
				ts.Fatalf("the manual does not have the field %s of %s", name, kind)
			}
		}
		fmt.Fprintln(ts.Stdout(), kind+":", strings.Join(names, " "))
	}
}
