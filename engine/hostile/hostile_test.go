// Package hostile has the proof that nothing a script does stops, crashes or
// starves the process: the scripts in testdata, each of them loose in a real
// moonlark, with a real agent that watches.
package hostile

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/convai"
)

var race = flag.Bool("race-children", false, "let the scripts loose in a moonlark with the race detector, which is many times slower")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An act is one hostile script. Its file says in comments what has to come of
// it, REGEXPs all of them. The agent calls its tool attack, if it has one.
//
//	--> result REGEXP    the answer, one that is no error
//	--> error REGEXP     the answer, an error. Of several such lines each is the answer to some call
//	--> says REGEXP      a line of the log, or one that was printed
//	--> refused REGEXP   why the script does not load
//	--> calm REGEXP      an error that calls of its harmless tool may get meanwhile
//	--> calls N          how often attack is called, all at once; once if left out
//	--> times N          how often that, one time after the other; once if left out
//	--> events N         how many events agent_response it gets before that
//	--> args JSON        with these arguments
//	--> lasts DURATION   how long the agent looks on at least
//	--> flags FLAGS      for the command
//
// A handler may run for 200 ms if the act says that it ran for that long. All
// others have ten seconds, so that a busy machine makes no difference.
type act struct {
	name, source string
	answers      []answer
	says         []*regexp.Regexp
	refused      *regexp.Regexp
	calm         []*regexp.Regexp
	calls, times int
	events       int
	args         json.RawMessage
	lasts        time.Duration
	flags        []string
}

type answer struct {
	isError bool
	text    *regexp.Regexp
}

func readAct(t *testing.T, path string) *act {
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a := &act{name: filepath.Base(path), source: string(source), calls: 1, times: 1, args: json.RawMessage("{}")}
	for line := range strings.Lines(a.source) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "--> ")
		if !ok {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		switch word {
		case "result", "error":
			a.answers = append(a.answers, answer{word == "error", pattern(t, rest)})
		case "says":
			a.says = append(a.says, pattern(t, rest))
		case "refused":
			a.refused = pattern(t, rest)
		case "calm":
			a.calm = append(a.calm, pattern(t, rest))
		case "calls":
			a.calls, err = strconv.Atoi(rest)
		case "times":
			a.times, err = strconv.Atoi(rest)
		case "events":
			a.events, err = strconv.Atoi(rest)
		case "args":
			a.args = json.RawMessage(rest)
		case "lasts":
			a.lasts, err = time.ParseDuration(rest)
		case "flags":
			a.flags = strings.Fields(rest)
		default:
			t.Fatalf("%s: %s is none of the words of an act", path, word)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(a.source, "ran for 200ms") {
		a.flags = append(a.flags, "--burst-warn", "100ms", "--burst", "200ms")
	} else {
		a.flags = append(a.flags, "--burst", "10s")
	}
	if len(a.answers)+len(a.says) == 0 && a.refused == nil {
		t.Fatalf("%s does not say what has to come of it", path)
	}
	return a
}

func pattern(t *testing.T, text string) *regexp.Regexp {
	re, err := regexp.Compile("(?s)" + text)
	if err != nil {
		t.Fatal(err)
	}
	return re
}

// calm is the harmless tool of a script. It needs nothing that the rest of the
// script could take away.
func calm(tool string) string {
	return fmt.Sprintf(`register_tool(%q, function(args) return "calm " .. args.n end)`, tool)
}

// TestNothingEscapes lets each hostile script loose in a process of its own.
// Another tool of the same script and one of another script are called all the
// while and have to answer, each call once, and each ping has to have its pong
// soon. The hostile act has to end in the right error, and the script to work
// after it; and then the process has to end in good order.
func TestNothingEscapes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals here")
	}
	binary := build(t)
	paths, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no acts: %v", err)
	}
	for _, path := range paths {
		a := readAct(t, path)
		t.Run(strings.TrimSuffix(a.name, ".lua"), func(t *testing.T) {
			t.Parallel()
			if a.refused != nil {
				refuse(t, binary, a)
			} else {
				perform(t, binary, a)
			}
		})
	}
}

// build makes the command.
func build(t *testing.T) string {
	binary := filepath.Join(t.TempDir(), "moonlark")
	args := []string{"build", "-o", binary}
	if *race {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "moonlark")...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// patience is how long something may take that has to happen. Only a failing
// test takes that long.
const patience = 30 * time.Second

// perform has the act attack while the others go on.
func perform(t *testing.T, binary string, a *act) {
	agent := listen(t)
	child := start(t, binary, agent.url, a, calm("same")+" "+a.source)
	agent.await(t, child)

	over, end := context.WithCancel(context.Background())
	watched := make(chan struct{})
	w := &watch{t: t, agent: agent, calm: a.calm}
	go func() { defer close(watched); w.run(over) }()
	began := time.Now()
	for n := range a.events {
		agent.send(&convai.AgentResponse{Text: "hello", EventID: n})
	}
	if len(a.answers) > 0 {
		a.attack(t, agent)
	}
	for _, re := range a.says {
		child.until(re)
	}
	time.Sleep(time.Until(began.Add(a.lasts)))
	end()
	<-watched
	took := time.Since(began)

	w.recovered()
	child.terminate()
	agent.settle(t)
	t.Logf("%s: %v; the slowest pong %v, the slowest call of another script %v; %d MiB at most",
		a.name, took.Round(time.Millisecond), w.pong.Round(time.Millisecond), w.call.Round(time.Millisecond), child.most.Load()>>20)
}

// attack calls the tool attack, and checks the answers.
func (a *act) attack(t *testing.T, agent *agent) {
	seen := make([]bool, len(a.answers))
	check := func(r result) {
		i := slices.IndexFunc(a.answers, func(want answer) bool {
			return r.err == nil && r.IsError == want.isError && want.text.MatchString(r.Result)
		})
		if i < 0 {
			t.Errorf("attack = %.500s", r)
			return
		}
		seen[i] = true
	}
	for n := range a.times {
		results := make(chan result, a.calls)
		for i := range a.calls {
			go func() { results <- agent.call(fmt.Sprintf("attack-%d-%d", n, i), "attack", a.args) }()
		}
		for range a.calls {
			check(<-results)
		}
	}
	for i, want := range a.answers {
		if !seen[i] {
			t.Errorf("no answer like %s", want.text)
		}
	}
}

// refuse has the act loaded in one process first of all, and in another one in
// place of a script that works.
func refuse(t *testing.T, binary string, a *act) {
	first := start(t, binary, "ws://127.0.0.1:1/", a, a.source)
	agent := listen(t)
	child := start(t, binary, agent.url, a, calm("same"))
	agent.await(t, child)
	over, end := context.WithCancel(context.Background())
	watched := make(chan struct{})
	w := &watch{t: t, agent: agent, calm: a.calm}
	go func() { defer close(watched); w.run(over) }()
	child.save(a.name, a.source)
	child.untilEvent("reload_failed", a.refused)
	end()
	<-watched
	w.recovered()
	child.terminate()
	agent.settle(t)
	if code := first.wait(); code != 78 {
		t.Errorf("exit code %d, want 78", code)
	}
	first.until(a.refused)
	t.Logf("%s: the slowest pong %v, the slowest call of another script %v; %d MiB at most",
		a.name, w.pong.Round(time.Millisecond), w.call.Round(time.Millisecond), child.most.Load()>>20)
}
