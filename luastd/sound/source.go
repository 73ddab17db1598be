package sound

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/audio/decode"
	"moonlark/engine/permit"
	"moonlark/engine/safetext"
	"moonlark/engine/speech"
	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A source is a sound that a script has named. Any goroutine may call its functions, which block.
type source struct {
	name     string // for reasons and for tostring
	recorded string // what the record of a test shows: the path, the URL or the text
	speech   bool   // it is a text that is spoken
	// check returns an error if the sound cannot be played, as far as that is known without reading
	// it. It is nil if nothing can be checked.
	check func(ctx context.Context) error
	// run passes the sound to write, piece by piece, until its end, until write returns an error, or
	// until ctx is done.
	run func(ctx context.Context, write func(sound []float32) error) error
}

// maxText is the maximal length of a text that is spoken, in bytes.
const maxText = 8 << 10

// checkSource returns the source in argument n of the Lua function called function.
func (p *Player) checkSource(L *lua.LState, n int, function string) *source {
	p.own()
	switch v := L.CheckAny(n).(type) {
	case lua.LString:
		return p.stringSource(L, n, function, string(v))
	case *lua.LTable:
		o := value.CheckOptions(L, n, append([]string{"say"}, VoiceOptions...)...)
		text := o.String("say", "")
		return p.SpeechSource(CheckText(L, n, text), CheckVoice(o))
	}
	L.ArgError(n, "a path, a URL, the bytes of a sound file or {say = text} expected")
	return nil
}

func (p *Player) stringSource(L *lua.LState, n int, function, text string) *source {
	switch {
	case strings.HasPrefix(text, "http://"), strings.HasPrefix(text, "https://"):
		u, err := p.fetcher.Parse(text)
		if err != nil {
			L.RaiseError("%s: %s", function, err)
		}
		return &source{name: safetext.Cut(u.Redacted(), 80, "..."), recorded: text, run: decoded(func(ctx context.Context) (io.ReadCloser, string, error) {
			return p.fetcher.Open(ctx, u)
		})}
	case decode.Format([]byte(text[:min(len(text), 12)])) != "" || strings.ContainsRune(text, 0):
		return &source{name: "the sound", run: decoded(func(context.Context) (io.ReadCloser, string, error) {
			return io.NopCloser(strings.NewReader(text)), "", nil
		})}
	case text == "":
		L.ArgError(n, "the path is empty")
	}
	return p.fileSource(text)
}

// fileSource returns the source for the file with this path.
func (p *Player) fileSource(path string) *source {
	return &source{
		name: filepath.Base(path), recorded: path,
		check: func(context.Context) error {
			place, err := files.Find(p.rt.Permit(), path)
			if err == nil {
				_, err = place.Root.Stat(place.Name)
			}
			return fileError(path, err)
		},
		run: decoded(func(ctx context.Context) (io.ReadCloser, string, error) {
			place, err := files.Find(p.rt.Permit(), path)
			if err != nil {
				return nil, "", fileError(path, err)
			}
			f, _, err := files.OpenToRead(ctx, place)
			if err != nil {
				return nil, "", fileError(path, err)
			}
			return f, "", nil
		}),
	}
}

// fileError returns the error for an error of the file that the script calls path. An error because
// of a missing permission remains a *permit.Denied.
func fileError(path string, err error) error {
	var denied *permit.Denied
	if err == nil || errors.As(err, &denied) {
		return err
	}
	f := files.Explain(path, err)
	return &sockets.Failure{Code: f.Code, Text: f.Reason}
}

// decoded returns the function run of a source whose bytes open returns, with their content type.
func decoded(open func(ctx context.Context) (io.ReadCloser, string, error)) func(context.Context, func([]float32) error) error {
	return func(ctx context.Context, write func(sound []float32) error) error {
		in, contentType, err := open(ctx)
		if err != nil {
			return err
		}
		defer in.Close()
		d, err := decode.New(in, contentType)
		if err != nil {
			return decodeError(err)
		}
		var sound []float32
		for {
			var end error
			if sound, end = d.Append(sound[:0]); end != nil && end != io.EOF {
				return decodeError(end)
			}
			if err := write(sound); err != nil {
				return err
			}
			if end != nil {
				return nil
			}
		}
	}
}

// decodeError returns the failure for an error of a decoder, or of what it reads from.
func decodeError(err error) error {
	var known *sockets.Failure
	var path *fs.PathError
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &path):
		return sockets.Fail("io", "%s", path.Err)
	}
	return sockets.Fail("invalid", "%s", err)
}

// SpeechSource returns the source for a text that is spoken.
func (p *Player) SpeechSource(text string, v speech.Voice) *source {
	return &source{name: "the text", recorded: text, speech: true, run: func(ctx context.Context, write func(sound []float32) error) error {
		err := p.rt.Sounds().Speak(ctx, speech.Utterance{Text: text, Voice: v}, write)
		return SpeechError(err)
	}}
}

// SpeechError returns the failure for an error of a text to speech or a speech to text. It returns
// the errors of package luastd, of a permission and of a context unchanged.
func SpeechError(err error) error {
	var known *sockets.Failure
	if err == nil || errors.As(err, &known) || isMissing(err) || errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return sockets.Fail("timeout", "%s", err)
	}
	return sockets.Fail("failed", "%s", err)
}

// isMissing reports whether err says that the program was started without a part of the sound.
func isMissing(err error) bool {
	return errors.Is(err, luastd.ErrNoSound) || errors.Is(err, luastd.ErrNoMicrophone) || errors.Is(err, luastd.ErrNoTTS) || errors.Is(err, luastd.ErrNoSTT)
}
