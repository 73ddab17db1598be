package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/gorilla/websocket"
	"github.com/rogpeppe/go-internal/testscript"

	"moonlark/engine"
	"moonlark/engine/flags"
	"moonlark/engine/rest/resttest"
)

// The command is told as stories, the txtar files in testdata, on a real
// binary and real sockets: the test binary stands in for moonlark. Besides
// testscript's own commands a story has these:
//
//	exits CODE PROGRAM ARG...   runs a program, which must end with that code
//
//	save FROM TO                makes TO a copy of FROM, as an editor does: beside it, then renamed
//
//	start NAME [-null|-terminal] [KEY=VALUE...] PROGRAM ARG...
//	                            starts a program and goes on; its input is a pipe, or what is said
//	type NAME TEXT              types a line
//	press NAME KEY              types one key at a terminal: ctrl-c, ctrl-d, space
//	close NAME                  ends its input
//	signal NAME INT|TERM|HUP
//	see NAME stdout|stderr|heard REGEXP
//	                            waits for it in what a program wrote, or an agent heard, after what
//	                            was seen last; (?P<KEY>...) sets KEY. A terminal has only stdout
//	ends NAME CODE [WITHIN]     waits for its end; stdout and stderr are then what it wrote
//
//	agent NAME FILE             starts an agent that plays the lines of FILE, and sets NAME to its
//	                            URL and NAME_HOST to its address: see fakeAgent
//	noagent NAME                sets the same for one that is still to come
//	tell NAME LINE              gives the agent another line to play
//	heard NAME                  waits until all was played; stdout is then what the agent got
//
//	api NAME KEY FOLDER         starts an ElevenLabs API that knows KEY and the FOLDER's agents/ID.json
//	                            and tools/ID.json, and sets NAME to its URL
//	asked NAME                  stdout is then what it was asked for
//
//	http METHOD URL [BODY]      asks a server; stdout is then the status and the body
//
//	jsonlines FILE              stdout is then the list of the events in it, and their fields
//
// Nothing ever leaves the machine: the proxy for all that is not loopback is a
// port where nothing listens.
func TestStories(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Deadline:            time.Now().Add(5 * time.Minute), // for a program that does not end, with its stacks
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", root)
			env.Setenv("GORACE", "atexit_sleep_ms=10") // and not a second for each program
			env.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
			env.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
			s := &story{vars: slices.Clone(env.Vars), programs: map[string]*program{}, agents: map[string]*fakeAgent{}, apis: map[string]*account{}}
			env.Values[storyKey{}] = s
			env.Defer(s.end)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "terminal" {
				return false, fmt.Errorf("no condition %q", name)
			}
			return terminals, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"save":      save,
			"start":     inStory((*story).start),
			"type":      inStory((*story).typeLine),
			"press":     inStory((*story).press),
			"close":     inStory((*story).closeInput),
			"signal":    inStory((*story).signal),
			"see":       inStory((*story).see),
			"ends":      inStory((*story).ends),
			"agent":     inStory((*story).agent),
			"tell":      inStory((*story).tell),
			"heard":     inStory((*story).heard),
			"noagent":   noAgent,
			"api":       inStory((*story).api),
			"asked":     inStory((*story).asked),
			"http":      request,
			"jsonlines": jsonLines,
		},
	})
}

// Go's collector works harder before the scripts' bound on memory is reached,
// unless the person has set a limit of their own.
func TestTheMemoryLimitOfGoIsThatOfTheScripts(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	for env, want := range map[string]int64{"": 3000 << 20, "1GiB": before} {
		t.Setenv("GOMEMLIMIT", env)
		debug.SetMemoryLimit(before)
		var opts engine.Options
		flags.Limits{Memory: 3000}.Apply(&opts)
		opts.Heap.Close()
		if got := debug.SetMemoryLimit(-1); got != want {
			t.Errorf("GOMEMLIMIT=%s: Go's limit is %d, want %d", env, got, want)
		}
	}
}

// The unit runs a command line that there is, is not started again where that
// does not help, and says nothing that systemd does not know.
func TestTheUnitFitsTheProgram(t *testing.T) {
	text, err := os.ReadFile("docs/moonlark.service")
	if err != nil {
		t.Fatal(err)
	}
	unit, section := map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		name, value, ok := strings.Cut(line, "=")
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = line
		case ok && section != "":
			unit[section+name] = value
		default:
			t.Errorf("%q is neither a section nor a setting", line)
		}
	}
	for name, want := range map[string]string{
		"Type": "notify", "NotifyAccess": "main", "Restart": "always", "NoNewPrivileges": "yes",
		"RestartPreventExitStatus": fmt.Sprint(exitUsage, " ", exitConfig), "ExecReload": "/bin/kill -HUP $MAINPID",
	} {
		if got := unit["[Service]"+name]; got != want {
			t.Errorf("%s=%s, want %s", name, got, want)
		}
	}
	line := strings.Fields(unit["[Service]ExecStart"])
	parser, err := kong.New(new(commands))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(line[1:]); err != nil {
		t.Errorf("%q: %v", line, err)
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		return
	}
	there := strings.NewReplacer(line[0], os.Args[0], "/bin/kill", os.Args[0], "=/etc/moonlark", "="+t.TempDir())
	file := filepath.Join(t.TempDir(), "moonlark.service")
	if err := os.WriteFile(file, []byte(there.Replace(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command(analyze, "verify", "--man=no", file).CombinedOutput(); err != nil || bytes.Contains(said, []byte(file)) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, said)
	}
}

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"moonlark": main})
}

// patience is how long a story waits for what must happen. Only a failing one
// takes that long.
const patience = 30 * time.Second

// A story has the programs and agents of one txtar file. It belongs to the
// goroutine of its test.
type story struct {
	vars     []string // of the environment, as it is at first
	programs map[string]*program
	agents   map[string]*fakeAgent
	apis     map[string]*account
}

type storyKey struct{}

func inStory(f func(*story, *testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("unsupported: !")
		}
		f(ts.Value(storyKey{}).(*story), ts, args)
	}
}

func need(ts *testscript.TestScript, args []string, least, most int) {
	if len(args) < least || len(args) > most {
		ts.Fatalf("%d arguments: see TestStories", len(args))
	}
}

func (s *story) end() {
	for _, p := range s.programs {
		p.kill()
	}
	for _, a := range s.agents {
		a.server.Close()
		a.cut()
		a.finish()
	}
	for _, a := range s.apis {
		a.server.Close()
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, 100)
	err := ts.Exec(args[1], args[2:]...)
	checkExit(ts, err, args[0])
}

func checkExit(ts *testscript.TestScript, err error, want string) {
	code := "0"
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = strconv.Itoa(exit.ExitCode())
	} else if err != nil {
		code = err.Error()
	}
	if code != want {
		ts.Fatalf("exit code %s, want %s", code, want)
	}
}

func save(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, 2)
	to := ts.MkAbs(args[1])
	ts.Check(os.WriteFile(to+"~", []byte(ts.ReadFile(args[0])), 0o666))
	ts.Check(os.Rename(to+"~", to))
}

// A program runs while its story goes on.
type program struct {
	cmd            *exec.Cmd
	input          io.WriteCloser
	stdout, stderr *transcript
	tty            *console  // nil without
	asked          time.Time // when it was last asked to end
	done           chan struct{}
	err            error // how it ended; set before done is closed
}

func (s *story) start(ts *testscript.TestScript, args []string) {
	need(ts, args, 2, 100)
	name, args := args[0], args[1:]
	p := &program{stdout: newTranscript(), stderr: newTranscript(), done: make(chan struct{})}
	kind := ""
	if strings.HasPrefix(args[0], "-") {
		kind, args = args[0], args[1:]
	}
	vars := append(slices.Clone(s.vars), "PWD="+ts.MkAbs("."))
	for strings.Contains(args[0], "=") {
		vars, args = append(vars, args[0]), args[1:]
	}
	p.cmd = exec.Command(args[0], args[1:]...)
	p.cmd.Dir, p.cmd.Env = ts.MkAbs("."), vars
	p.cmd.WaitDelay = time.Second // for what it may have started itself
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	var err error
	switch kind {
	case "":
		p.input, err = p.cmd.StdinPipe()
	case "-null": // what a nil Stdin means
	case "-terminal":
		if p.tty, err = openTerminal(p.cmd, p.stdout); err == nil {
			p.input = p.tty
		}
	default:
		ts.Fatalf("start: %s is neither -null nor -terminal", kind)
	}
	ts.Check(err)
	ts.Check(p.cmd.Start())
	s.programs[name] = p
	go func() {
		defer close(p.done)
		p.err = p.cmd.Wait()
		if p.tty != nil {
			p.err = errors.Join(p.err, p.tty.end())
		}
	}()
}

func (p *program) kill() {
	p.cmd.Process.Kill()
	<-p.done
}

func (s *story) program(ts *testscript.TestScript, name string) *program {
	p := s.programs[name]
	if p == nil {
		ts.Fatalf("no program %s was started", name)
	}
	return p
}

func (s *story) typeLine(ts *testscript.TestScript, args []string) {
	need(ts, args, 2, 2)
	p := s.program(ts, args[0])
	end := "\n"
	if p.tty != nil {
		end = "\r" // what the key sends
	}
	_, err := io.WriteString(p.input, args[1]+end)
	ts.Check(err)
}

func (s *story) press(ts *testscript.TestScript, args []string) {
	need(ts, args, 2, 2)
	p, key := s.program(ts, args[0]), map[string]string{"ctrl-c": "\x03", "ctrl-d": "\x04", "space": " "}[args[1]]
	if key == "" || p.tty == nil {
		ts.Fatalf("no key %s, or no terminal", args[1])
	}
	p.asked = time.Now()
	_, err := io.WriteString(p.input, key)
	ts.Check(err)
}

func (s *story) closeInput(ts *testscript.TestScript, args []string) {
	need(ts, args, 1, 1)
	p := s.program(ts, args[0])
	p.asked = time.Now()
	ts.Check(p.input.Close())
}

func (s *story) signal(ts *testscript.TestScript, args []string) {
	need(ts, args, 2, 2)
	sig, ok := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[args[1]]
	if !ok {
		ts.Fatalf("no signal %s", args[1])
	}
	p := s.program(ts, args[0])
	p.asked = time.Now()
	ts.Check(p.cmd.Process.Signal(sig))
}

func (s *story) see(ts *testscript.TestScript, args []string) {
	need(ts, args, 3, 3)
	var out *transcript
	var over chan struct{}
	if args[1] == "heard" {
		out = s.findAgent(ts, args[0]).got
	} else {
		p := s.program(ts, args[0])
		out, over = map[string]*transcript{"stdout": p.stdout, "stderr": p.stderr}[args[1]], p.done
	}
	if out == nil {
		ts.Fatalf("no output %s", args[1])
	}
	re, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	found, err := out.await(re, over)
	if err != nil {
		s.show(ts)
		ts.Fatalf("%s of %s: %v", args[1], args[0], err)
	}
	for i, key := range re.SubexpNames() {
		if key != "" {
			ts.Setenv(key, found[i])
		}
	}
}

// show writes down all that could tell why a story failed.
func (s *story) show(ts *testscript.TestScript) {
	for name, p := range s.programs {
		fmt.Fprintf(ts.Stdout(), "%s stdout:\n%s%s stderr:\n%s", name, p.stdout, name, p.stderr)
	}
	for name, a := range s.agents {
		fmt.Fprintf(ts.Stdout(), "%s heard:\n%s", name, a.got)
	}
}

func (p *program) show(ts *testscript.TestScript) {
	fmt.Fprint(ts.Stdout(), p.stdout)
	fmt.Fprint(ts.Stderr(), p.stderr)
}

func (s *story) ends(ts *testscript.TestScript, args []string) {
	need(ts, args, 2, 3)
	p := s.program(ts, args[0])
	select {
	case <-p.done:
	case <-time.After(patience):
		s.show(ts)
		ts.Fatalf("%s has not ended within %v", args[0], patience)
	}
	p.show(ts)
	checkExit(ts, p.err, args[1])
	if len(args) == 3 {
		within, err := time.ParseDuration(args[2])
		ts.Check(err)
		if took := time.Since(p.asked); took > within {
			ts.Fatalf("%s took %v to end, want at most %v", args[0], took, within)
		}
	}
}

// A transcript is what a program has written so far. Any goroutine may use it.
type transcript struct {
	mu    sync.Mutex // guards what follows
	text  []byte
	seen  int           // how much of text was looked at
	grown chan struct{} // closed when text grows
}

func newTranscript() *transcript { return &transcript{grown: make(chan struct{})} }

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	close(t.grown)
	t.grown = make(chan struct{})
	return len(p), nil
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// await waits until what comes after the last match matches. over is closed
// when nothing more is written.
func (t *transcript) await(re *regexp.Regexp, over <-chan struct{}) ([]string, error) {
	late := time.After(patience)
	for ended := false; ; {
		t.mu.Lock()
		rest, grown := t.text[t.seen:], t.grown
		if at := re.FindSubmatchIndex(rest); at != nil {
			t.seen += at[1]
			t.mu.Unlock()
			var groups []string
			for i := 0; i < len(at); i += 2 {
				groups = append(groups, string(rest[max(at[i], 0):max(at[i+1], 0)]))
			}
			return groups, nil
		}
		t.mu.Unlock()
		if ended {
			return nil, fmt.Errorf("ended without %q", re)
		}
		select {
		case <-grown:
		case <-over:
			ended = true
		case <-late:
			return nil, fmt.Errorf("no %q within %v", re, patience)
		}
	}
}

// A fakeAgent is a server of ours that plays what an ElevenLabs agent could
// do, line by line:
//
//	refuse STATUS [TEXT]    answers a handshake like that; a proxy does so too
//	hang                    never answers a handshake
//	open                    opens a conversation: takes the first message and sends the metadata
//	send FRAME              sends what stands there, be it JSON or not
//	expect TYPE [REGEXP]    the next message is of that type and matches; pongs are passed over
//	wait DURATION           does nothing for a while
//	close CODE [REASON]     closes, and takes leave
//	closed CODE             the other side has closed like that
//
// A line that cannot be played is the last, and heard reports it.
type fakeAgent struct {
	server *http.Server
	over   context.Context
	cut    func()      // makes over be over: whoever is connected is cut off
	lines  chan string // to be played
	last   sync.Once   // closes lines
	got    *transcript // requests and messages, one a line
	turn   sync.Mutex  // held by the connection that is served

	mu     sync.Mutex // guards what follows
	failed error
}

func (s *story) agent(ts *testscript.TestScript, args []string) {
	need(ts, args, 2, 2)
	address := ts.Getenv(args[0] + "_HOST") // one that was promised
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	ts.Check(err)
	over, cut := context.WithCancel(context.Background())
	a := &fakeAgent{over: over, cut: cut, lines: make(chan string, 1000), got: newTranscript()}
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			a.lines <- line
		}
	}
	a.server = &http.Server{Handler: a}
	go a.server.Serve(listener)
	s.agents[args[0]] = a
	promise(ts, args[0], listener)
}

func promise(ts *testscript.TestScript, name string, listener net.Listener) {
	host := listener.Addr().String()
	ts.Setenv(name+"_HOST", host)
	ts.Setenv(name, "ws://"+host+"/v1/convai/conversation?agent_id=ours")
}

// noAgent sets the variables of an agent that does not listen yet.
func noAgent(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	promise(ts, args[0], listener)
	ts.Check(listener.Close())
}

func (s *story) tell(ts *testscript.TestScript, args []string) {
	need(ts, args, 2, 2)
	s.findAgent(ts, args[0]).lines <- args[1]
}

func (s *story) findAgent(ts *testscript.TestScript, name string) *fakeAgent {
	a := s.agents[name]
	if a == nil {
		ts.Fatalf("there is no agent %s", name)
	}
	return a
}

// finish returns when all lines were played and nobody is connected any more.
func (a *fakeAgent) finish() {
	a.last.Do(func() { close(a.lines) })
	a.turn.Lock()
	defer a.turn.Unlock()
}

func (s *story) heard(ts *testscript.TestScript, args []string) {
	need(ts, args, 1, 1)
	a := s.findAgent(ts, args[0])
	a.finish()
	fmt.Fprint(ts.Stdout(), a.got)
	a.mu.Lock()
	defer a.mu.Unlock()
	ts.Check(a.failed)
	if line, ok := <-a.lines; ok {
		ts.Fatalf("nobody was there for: %s", line)
	}
}

func (a *fakeAgent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.turn.Lock()
	defer a.turn.Unlock()
	fmt.Fprintln(a.got, r.Method, r.RequestURI)
	line := <-a.lines
	word, rest, _ := strings.Cut(line, " ")
	var err error
	switch word {
	case "refuse":
		status, text, _ := strings.Cut(rest, " ")
		code, _ := strconv.Atoi(status)
		http.Error(w, text, code)
	case "hang":
		<-r.Context().Done()
	case "open":
		err = a.converse(w, r)
	default:
		err = fmt.Errorf("a connection, where the next line was %q", line)
		http.Error(w, "nothing to play", http.StatusTeapot)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed = errors.Join(a.failed, err)
}

func (a *fakeAgent) converse(w http.ResponseWriter, r *http.Request) error {
	conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return err
	}
	defer context.AfterFunc(a.over, func() { conn.Close() })()
	wire := &wire{conn: conn, got: a.got, in: make(chan []byte, 1000)}
	go wire.read()
	defer func() {
		conn.Close()
		for range wire.in {
		}
	}()
	if err := wire.expect("conversation_initiation_client_data", ""); err != nil {
		return err
	}
	if err := wire.play("send " + metadata); err != nil {
		return err
	}
	for line := range a.lines {
		if err := wire.play(line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	late := time.After(patience)
	for {
		select {
		case _, ok := <-wire.in:
			if !ok {
				return nil
			}
		case <-late:
			return errors.New("the other side has not left")
		}
	}
}

const metadata = `{"type": "conversation_initiation_metadata", "conversation_initiation_metadata_event": {
	"conversation_id": "conv_story", "agent_output_audio_format": "pcm_16000", "user_input_audio_format": "pcm_16000"}}`

// A wire is a fake agent's side of one conversation.
type wire struct {
	conn *websocket.Conn
	got  *transcript
	in   chan []byte // messages; closed when no more come
	err  error       // why; set before in is closed
}

func (w *wire) read() {
	defer close(w.in)
	for {
		_, text, err := w.conn.ReadMessage()
		if err != nil {
			fmt.Fprintln(w.got, err)
			w.err = err
			return
		}
		fmt.Fprintf(w.got, "%s\n", text)
		w.in <- text
	}
}

// next is the next message, an error when none comes.
func (w *wire) next() ([]byte, error) {
	select {
	case text, ok := <-w.in:
		if !ok {
			return nil, w.err
		}
		return text, nil
	case <-time.After(patience):
		return nil, fmt.Errorf("nothing came within %v", patience)
	}
}

func (w *wire) play(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	first, rest2, _ := strings.Cut(rest, " ")
	switch word {
	case "send":
		return w.conn.WriteMessage(websocket.TextMessage, []byte(rest))
	case "expect":
		return w.expect(first, rest2)
	case "wait":
		d, err := time.ParseDuration(rest)
		time.Sleep(d)
		return err
	case "close":
		code, _ := strconv.Atoi(first)
		return w.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, rest2), time.Now().Add(patience))
	case "closed":
		text, err := w.next()
		for err == nil && bytes.Contains(text, []byte(`"pong"`)) {
			text, err = w.next()
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || strconv.Itoa(closed.Code) != rest {
			return fmt.Errorf("got %s, %v", text, err)
		}
		return nil
	}
	return errors.New("there is no such line")
}

func (w *wire) expect(kind, pattern string) error {
	for {
		text, err := w.next()
		if err != nil {
			return err
		}
		var message struct{ Type string }
		if err := json.Unmarshal(text, &message); err != nil {
			return err
		}
		if message.Type == "pong" && kind != "pong" {
			continue
		}
		if ok, err := regexp.Match(pattern, text); message.Type != kind || !ok {
			return errors.Join(fmt.Errorf("got %s", text), err)
		}
		return nil
	}
}

// An account is what an ElevenLabs API of ours knows.
type account struct {
	api    resttest.API
	server *httptest.Server
	wrong  transcript // what does not fit the API's description
}

func (s *story) api(ts *testscript.TestScript, args []string) {
	need(ts, args, 3, 3)
	a := &account{wrong: transcript{grown: make(chan struct{})}}
	a.api = resttest.API{Key: args[1], Report: func(text string) { fmt.Fprintln(&a.wrong, text) }}
	for _, kind := range []struct {
		folder string
		into   *map[string]string
	}{{"agents", &a.api.Agents}, {"tools", &a.api.Tools}} {
		files, _ := filepath.Glob(filepath.Join(ts.MkAbs(args[2]), kind.folder, "*.json"))
		*kind.into = map[string]string{}
		for _, file := range files {
			(*kind.into)[strings.TrimSuffix(filepath.Base(file), ".json")] = ts.ReadFile(file)
		}
	}
	a.server = httptest.NewServer(&a.api)
	s.apis[args[0]] = a
	ts.Setenv(args[0], a.server.URL)
}

func (s *story) asked(ts *testscript.TestScript, args []string) {
	need(ts, args, 1, 1)
	a := s.apis[args[0]]
	if a == nil {
		ts.Fatalf("there is no API %s", args[0])
	}
	for _, request := range a.api.Requests() {
		fmt.Fprintln(ts.Stdout(), request)
	}
	if wrong := a.wrong.String(); wrong != "" {
		ts.Fatalf("%s", wrong)
	}
}

func request(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, 3)
	r, err := http.NewRequest(args[0], args[1], strings.NewReader(strings.Join(args[2:], "")))
	ts.Check(err)
	client := http.Client{Transport: new(http.Transport), Timeout: patience}
	defer client.CloseIdleConnections()
	answer, err := client.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d\n%s", answer.StatusCode, body)
}

// jsonLines lists the types of the events in a file, and their fields. Each line
// has to be one, and each field to be told of in the table of the manual.
func jsonLines(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, 1)
	manual, err := os.ReadFile(ts.Getenv("ROOT") + "/docs/command.md")
	ts.Check(err)
	fields := map[string]map[string]bool{}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			ts.Fatalf("%s: %v", line, err)
		}
		kind, _ := e["type"].(string)
		at, _ := e["time"].(string)
		if when, err := time.Parse(time.RFC3339Nano, at); err != nil || time.Since(when) > time.Hour || kind == "" {
			ts.Fatalf("%s: no type, or not the time", line)
		}
		if fields[kind] == nil {
			fields[kind] = map[string]bool{}
		}
		for name := range e {
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
				ts.Fatalf("%s of %s is not in the manual", name, kind)
			}
		}
		fmt.Fprintln(ts.Stdout(), kind+":", strings.Join(names, " "))
	}
}
