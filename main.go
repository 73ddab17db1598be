// Moonlark gives a voice agent hands, written in Lua: see README.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"moonlark/audio/device"
	"moonlark/audio/selftest"
	"moonlark/engine"
	"moonlark/engine/control"
	"moonlark/engine/doctor"
	"moonlark/engine/event"
	"moonlark/engine/flags"
	"moonlark/engine/rest"
	"moonlark/engine/script"
	"moonlark/engine/terminal"
	"moonlark/engine/tool"
)

// What the process exits with; docs/command.md says so to users.
const (
	exitOK     = 0
	exitFailed = 1  // the conversation failed, a tool answered with an error, or the doctor found one
	exitUsage  = 64 // the command line
	exitConfig = 78 // a script that does not load: starting again will not help
)

// commands is the command line.
type commands struct {
	Run     runCommand     `cmd:"" help:"Hold a conversation; the agent can use the tools of the scripts."`
	Call    callCommand    `cmd:"" help:"Run one tool and print its result."`
	Check   checkCommand   `cmd:"" help:"Load scripts without running any of their tools, and list what they offer."`
	Serve   serveCommand   `cmd:"" help:"Offer the embedded agent to any ElevenLabs client."`
	Doctor  doctorCommand  `cmd:"" help:"Say what will not work, and how to mend it."`
	Audio   audioCommand   `cmd:"" help:"List and test what there is to speak and hear with."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

func main() { os.Exit(command(os.Args[1:])) }

// command runs one command line and returns the exit code.
func command(args []string) int {
	if runtime.GOMAXPROCS(0) < 2 {
		runtime.GOMAXPROCS(2) // the socket must find a processor beside Lua
	}
	signal.Ignore(syscall.SIGPIPE) // a reader that goes away is an error of ours to handle
	var c commands
	parser, err := kong.New(&c, kong.Name("moonlark"),
		kong.Description("Moonlark gives a voice agent hands, written in Lua."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		panic(err) // the struct above is wrong
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		var unclear *kong.ParseError
		if len(args) == 0 && errors.As(err, &unclear) {
			parser.Stdout = os.Stderr
			unclear.Context.PrintUsage(false)
			return exitUsage
		}
		fmt.Fprintf(os.Stderr, "moonlark: %v\n  hint: moonlark --help\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	parsed.BindTo(ctx, (*context.Context)(nil))
	return exitCode(parsed.Run())
}

// exitCode tells the person what went wrong, unless they have been told, and
// chooses the exit code for it.
func exitCode(err error) int {
	var told *toldError
	if err == nil {
		return exitOK
	}
	if !errors.As(err, &told) {
		fmt.Fprintf(os.Stderr, "moonlark: %v\n", err)
		if hint := hint(err); hint != "" {
			fmt.Fprintf(os.Stderr, "  hint: %s\n", hint)
		}
	}
	var load *script.LoadError
	var usage *usageError
	switch {
	case errors.As(err, &load):
		return exitConfig
	case errors.As(err, &usage):
		return exitUsage
	}
	return exitFailed
}

func hint(err error) string {
	var load *script.LoadError
	if errors.As(err, &load) {
		return load.Hint
	}
	return engine.Hint(err)
}

// A toldError has been shown to the person already.
type toldError struct{ error }

func (e *toldError) Unwrap() error { return e.error }

// A usageError is a mistake in the command line that the parser cannot see.
type usageError struct{ error }

type runCommand struct {
	Scripts []string `arg:"" name:"script" help:"Lua files."`

	flags.Target     `embed:""`
	flags.Connection `embed:""`

	Text        bool     `xor:"mode" help:"No sound: chat in the terminal; the default with the embedded agent."`
	Headless    bool     `xor:"mode" help:"No sound and no input: tools and events only."`
	Say         []string `sep:"none" placeholder:"TEXT" help:"Say TEXT instead of reading stdin; again for the next turn; then exit."`
	flags.Sound `embed:""`

	flags.Life    `embed:""`
	JSON          bool `name:"json" help:"One JSON object per event on stdout, and nothing else there."`
	NoWatch       bool `help:"Do not reload scripts that change."`
	flags.Speech  `embed:""`
	flags.Limits  `embed:""`
	flags.Control `embed:""`
	flags.Logging `embed:""`
}

func (c *runCommand) Run(ctx context.Context) error {
	if slices.Contains(c.Say, "") {
		return &usageError{errors.New("--say: there is nothing to say")}
	}
	interactive := term.IsTerminal(int(os.Stdin.Fd()))
	chatting := len(c.Say) > 0 || c.Text || !c.Headless && (interactive || readable(os.Stdin))

	show := c.Logging.Options()
	show.JSON = c.JSON
	show.Prompt = interactive && len(c.Say) == 0 && chatting
	screen := terminal.New(show)
	defer screen.Close()

	opts := engine.Options{
		Scripts:   c.Scripts,
		Show:      screen.Show,
		Retry:     !chatting,
		Reconnect: len(c.Say) == 0 && (interactive || !chatting),
		Watch:     !c.NoWatch,
	}
	if err := c.apply(&opts); err != nil {
		return &usageError{err}
	}
	opts.TextOnly = chatting && opts.Target == (engine.Target{}) && opts.LocalAgent.TTS == nil && opts.LocalAgent.STT == nil
	c.Limits.Apply(&opts)
	defer opts.Heap.Close()
	switch {
	case len(c.Say) > 0:
		opts.Talk = func(ctx context.Context, e *engine.Engine) error { return say(ctx, e, c.Say) }
	case chatting:
		opts.Talk = func(ctx context.Context, e *engine.Engine) error {
			if opts.Voice != nil {
				screen.PushToTalk(e.Listening(), func() { e.SetListening(!e.Listening()) })
			}
			return chat(ctx, e, screen, interactive)
		}
	}
	outside, err := c.Control.Apply(&opts, control.Options{Version: version(), Log: screen.Logger(), Level: show.Level.Level()})
	if err != nil {
		return &usageError{err}
	}
	e, err := engine.New(opts)
	if err != nil {
		return &usageError{err}
	}
	if err := outside.Open(ctx, e); err != nil {
		return err
	}
	defer outside.Close()
	defer onHangup(func() { outside.Reload(e) }, e.Stop)()
	err = e.Run(ctx)
	if err == nil {
		if screen.Close() != nil {
			return &toldError{screen.Err()} // whoever read our output went away
		}
		return nil
	}
	var ended *engine.EndedError
	if !errors.As(err, &ended) { // that one was shown as an event
		screen.Show(event.Event{Type: event.Error, Time: time.Now(), Text: err.Error(), Hint: hint(err)})
	}
	return &toldError{err}
}

// onHangup has SIGHUP reload, and returns what ends that. A terminal that is
// closed sends it as well: then somebody has left, and stop is called. Who was
// told to take no notice of it, as by nohup, does not.
func onHangup(reload, stop func()) (end func()) {
	if signal.Ignored(syscall.SIGHUP) {
		return func() {}
	}
	here := terminalsHere()
	hangups, over := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP) // on Windows there is none
	go func() {
		defer close(over)
		for range hangups {
			if terminalsHere() < here {
				stop()
			} else {
				reload()
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
		<-over
	}
}

// terminalsHere is how many of stdin, stdout and stderr are one that is still there.
func terminalsHere() int {
	n := 0
	for _, f := range []*os.File{os.Stdin, os.Stdout, os.Stderr} {
		if term.IsTerminal(int(f.Fd())) {
			n++
		}
	}
	return n
}

// apply sets in opts where to connect, and what to speak and hear with. The error
// is a mistake in the command line.
func (c *runCommand) apply(opts *engine.Options) error {
	if err := c.Target.Apply(opts); err != nil {
		return err
	}
	local := opts.Target == (engine.Target{})
	silent := c.Text || c.Headless
	if silent && c.Sound.Asked() {
		return errors.New("--text and --headless are without sound: leave out --speaker, --mic, --wake and --push-to-talk")
	}
	if !silent && (!local || c.Sound.Asked() || c.Speech.Asked()) {
		if err := c.Sound.Apply(opts); err != nil {
			return err
		}
		if local && c.TTS == "" {
			c.TTS = "auto" // somebody who names a speaker wants to hear something
		}
	}
	if err := c.Speech.Apply(opts); err != nil {
		return err
	}
	if c.Wake != "" && !c.Wait && !c.WakeAlways {
		return errors.New("--wake begins conversations: say --wait too, or --wake-always to hear it in one")
	}
	c.Life.Apply(opts)
	return c.Connection.Apply(opts)
}

// readable says whether lines can come from a file that is not a terminal: a
// pipe or a plain file, not /dev/null.
func readable(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && (info.Mode().IsRegular() || info.Mode()&os.ModeNamedPipe != 0)
}

// say is the user's side of --say: one turn after the other.
func say(ctx context.Context, e *engine.Engine, texts []string) error {
	if err := e.AwaitGreeting(ctx); err != nil {
		return nil
	}
	for _, text := range texts {
		if err := e.Say(text); err != nil {
			return err
		}
		if err := e.AwaitReply(ctx); err != nil {
			return err
		}
	}
	return nil
}

// chat is the user's side of --text. A person may talk while the agent does;
// what comes from a pipe waits its turn.
func chat(ctx context.Context, e *engine.Engine, lines *terminal.Terminal, interactive bool) error {
	for first := true; ; first = false {
		line, err := lines.ReadLine(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return e.AwaitReply(ctx)
		case errors.Is(err, terminal.ErrInterrupted), ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if first && e.AwaitGreeting(ctx) != nil { // or it would pass for the reply
			return nil
		}
		if err := e.Say(line); err != nil && interactive { // between two conversations, perhaps
			lines.Show(event.Event{Type: event.Error, Time: time.Now(), Text: "not said: " + err.Error()})
			continue
		} else if err != nil {
			return err
		}
		if !interactive {
			if err := e.AwaitReply(ctx); err != nil {
				return err
			}
		}
	}
}

type callCommand struct {
	Script        string `arg:"" help:"Lua file."`
	Tool          string `arg:"" help:"The tool's name."`
	Args          string `arg:"" optional:"" default:"{}" name:"json" help:"Its arguments, a JSON object."`
	flags.Limits  `embed:""`
	flags.Logging `embed:""`
}

func (c *callCommand) Run(ctx context.Context) error {
	if strings.TrimSpace(c.Args) == "" {
		c.Args = "{}"
	}
	if !json.Valid([]byte(c.Args)) {
		return &usageError{fmt.Errorf("%s: not JSON", c.Args)}
	}
	show := c.Logging.Options()
	show.Stdout = os.Stderr // stdout is for the result alone
	screen := terminal.New(show)
	defer screen.Close()
	opts := engine.Options{Scripts: []string{c.Script}, Show: screen.Show}
	c.Limits.Apply(&opts)
	defer opts.Heap.Close()
	result, err := engine.Call(ctx, opts, c.Tool, json.RawMessage(c.Args))
	if err != nil {
		return err
	}
	if result.IsError {
		return errors.New(result.Text)
	}
	fmt.Println(result.Text)
	return nil
}

type checkCommand struct {
	Scripts       []string `arg:"" name:"script" help:"Lua files."`
	flags.Logging `embed:""`
}

func (c *checkCommand) Run() error {
	show := c.Logging.Options()
	show.Stdout = os.Stderr
	screen := terminal.New(show)
	defer screen.Close()
	all, err := engine.Check(engine.Options{Scripts: c.Scripts, Show: screen.Show})
	for _, s := range all {
		list(os.Stdout, s)
	}
	return err
}

// list shows what a script offers.
func list(w io.Writer, s script.Summary) {
	fmt.Fprintln(w, s.Path)
	for _, t := range s.Tools {
		line := fmt.Sprintf("  tool  %-28s %s", t.Name+"("+parameters(t.Parameters)+")", t.Description)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	for _, name := range s.On {
		fmt.Fprintf(w, "  on    %s\n", name)
	}
}

// parameters lists a tool's parameters, with ? behind those it can do without.
func parameters(s *tool.Schema) string {
	if s == nil {
		return ""
	}
	var names []string
	for _, p := range s.Properties {
		name := p.Name
		if !slices.Contains(s.Required, name) {
			name += "?"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

type serveCommand struct {
	Listen        string   `default:"127.0.0.1:8765" placeholder:"HOST:PORT" help:"Where to listen (${default})."`
	Scripts       []string `arg:"" optional:"" name:"script" help:"Lua files that say which tools there are; the client runs them."`
	flags.Speech  `embed:""`
	flags.Logging `embed:""`
}

func (c *serveCommand) Run(ctx context.Context) error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return &usageError{fmt.Errorf("--listen: %w", err)}
	}
	show := c.Logging.Options()
	screen := terminal.New(show)
	defer screen.Close()
	opts := engine.Options{Scripts: c.Scripts, Show: screen.Show, Watch: true}
	if err := c.Speech.Apply(&opts); err != nil {
		return &usageError{err}
	}
	return engine.Serve(ctx, opts, c.Listen, func(url string) {
		fmt.Printf("The embedded agent is at %s\n", url)
	})
}

type doctorCommand struct {
	Scripts []string `arg:"" optional:"" name:"script" help:"Lua files that the agent is to use."`

	Agent            *string `placeholder:"ID" help:"The ElevenLabs agent ($$ELEVENLABS_AGENT_ID). It is read with $$ELEVENLABS_API_KEY."`
	From             *string `name:"signed-url-from" placeholder:"URL" help:"Try whether this HTTP URL says where to connect."`
	flags.Connection `embed:""`

	JSON          bool `name:"json" help:"One JSON object per finding on stdout."`
	flags.Logging `embed:""`
}

func (c *doctorCommand) Run(ctx context.Context) error {
	opts, err := c.examine()
	if err != nil {
		return &usageError{err}
	}
	heap := script.NewHeap(0)
	defer heap.Close()
	opts.Memory = heap.Limit()
	show := c.Logging.Options()
	show.Stdout = os.Stderr
	screen := terminal.New(show)
	opts.Scripts, opts.LoadError = engine.Check(engine.Options{Scripts: c.Scripts, Show: screen.Show, Heap: heap})
	opts.LoadHint = hint(opts.LoadError)
	screen.Close()

	report, lines := terminal.NewReport(terminal.Options{}), json.NewEncoder(os.Stdout)
	found := map[doctor.Level]int{}
	err = doctor.Run(ctx, opts, func(f doctor.Finding) {
		found[f.Level]++
		if c.JSON {
			lines.Encode(f)
			return
		}
		report.Add(f.Group, terminal.Line{Mark: string(f.Level), Subject: f.Subject, Text: f.Text, Mend: f.Mend})
	})
	verdict := doctor.Verdict(found)
	if err != nil {
		verdict = "there was more to look at"
	}
	if !c.JSON {
		report.Close(verdict)
	}
	if err == nil && found[doctor.Error] > 0 {
		return &toldError{errors.New(verdict)}
	}
	return err
}

// examine is what the flags and the environment say is to be looked at.
func (c *doctorCommand) examine() (doctor.Options, error) {
	var run, signed engine.Options
	err := errors.Join(
		flags.Target{Agent: c.Agent}.Apply(&run),
		flags.Target{From: c.From, Local: true}.Apply(&signed),
		c.Connection.Apply(&run))
	if err == nil {
		err = rest.CheckHost(run.Connection.Host)
	}
	return doctor.Options{
		Client:        &rest.Client{Host: run.Connection.Host, Key: run.Connection.Key},
		Agent:         run.Target.Agent,
		Origin:        run.Connection.Origin,
		SignedURLFrom: signed.Target.SignedURLFrom,
		Settings:      run.Agent,
	}, err
}

type audioCommand struct {
	Devices audioDevicesCommand `cmd:"" help:"List the speakers and microphones."`
	Test    audioTestCommand    `cmd:"" help:"Play and listen: what takes the echo away here?"`
}

type audioDevicesCommand struct{}

func (audioDevicesCommand) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	speakers, microphones, reasons := device.List(ctx)
	listDevices("speakers", speakers)
	listDevices("microphones", microphones)
	for _, why := range reasons {
		fmt.Fprintln(os.Stderr, why)
	}
	if len(speakers)+len(microphones) == 0 {
		return errors.New("no devices")
	}
	return nil
}

func listDevices(what string, all []device.Entry) {
	fmt.Println(what)
	for _, d := range all {
		note := ""
		if d.Default {
			note = " (the default)"
		}
		fmt.Printf("  %-40s %s%s\n", d.Name, d.Description, note)
	}
}

type audioTestCommand struct {
	Speaker       string `placeholder:"DEVICE" help:"As for run."`
	Mic           string `placeholder:"DEVICE" help:"As for run."`
	flags.Logging `embed:""`
}

func (c *audioTestCommand) Run(ctx context.Context) error {
	show := c.Logging.Options()
	show.Stdout = os.Stderr
	screen := terminal.New(show)
	defer screen.Close()
	choice := device.Choice{Speaker: c.Speaker, Microphone: c.Mic}
	result, err := selftest.Run(ctx, choice, screen.Logger(), func(text string) { fmt.Fprintln(os.Stderr, text) })
	if err != nil {
		return err
	}
	fmt.Print(result)
	return nil
}

type versionCommand struct{}

func (versionCommand) Run() error {
	fmt.Printf("moonlark %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
