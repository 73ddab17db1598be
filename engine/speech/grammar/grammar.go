// Package grammar implements speech to text for the commands of tools with pocketsphinx. It runs on
// this machine, and needs no language model, no account and no network.
//
// It makes a grammar from the phrases and the parameters of the tools, and pocketsphinx finds the
// sentence of the grammar that fits the sound best. The grammar also contains every sequence of the
// sounds of the language, so that other speech does not become a command: it fits such a sequence
// better than a command.
//
// Each sentence is recognised by a process of its own, on the goroutine that has called Transcribe.
// A grammar does not change, so any goroutine may read it. A mutex guards which grammar is the
// newest.
package grammar

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"moonlark/engine/speech"
	"moonlark/engine/tool"
)

// programName is the program of pocketsphinx that recognises the speech in files.
const programName = "pocketsphinx_batch"

// A SpeechToText recognises the commands of tools. Any goroutine may use it.
type SpeechToText struct {
	program string // path of the program
	model   string // folder with the model of the sounds and the dictionary

	mu       sync.Mutex      // guards the fields below
	grammar  *grammar        // of the tools in the last request; nil before the first
	reported map[string]bool // keys of the messages that reportOnce has logged
}

var _ speech.SpeechToText = (*SpeechToText)(nil)

// New returns a SpeechToText. The error says what to install.
func New() (*SpeechToText, error) {
	const hint = "install it (Debian, Ubuntu: apt-get install pocketsphinx pocketsphinx-en-us)"
	program, err := exec.LookPath(programName)
	if err != nil {
		return nil, errors.New("pocketsphinx is not installed: " + hint)
	}
	if program, err = filepath.Abs(program); err != nil {
		return nil, err
	}
	folders := []string{filepath.Join(filepath.Dir(program), "..", "share"), "/usr/share", "/usr/local/share"}
	for _, folder := range folders {
		model := filepath.Join(folder, "pocketsphinx", "model", "en-us")
		if isModel(model) {
			return &SpeechToText{program: program, model: model, reported: make(map[string]bool)}, nil
		}
	}
	return nil, errors.New("the English model of pocketsphinx is not installed: " + hint)
}

// Transcribe implements [speech.SpeechToText]. It recognises only the sentences that the tools of
// the request understand, and sentences such as "yes" and "help". For all other speech it returns
// "".
func (s *SpeechToText) Transcribe(ctx context.Context, r speech.Request, sound []float32) (string, error) {
	if base := speech.BaseLanguage(r.Language); base != "" && base != "en" {
		s.reportOnce(r.Log, "language", fmt.Sprintf("pocketsphinx understands only English here, and not the language %q", r.Language))
	}
	g, err := s.grammarOf(r.Tools)
	if err != nil {
		return "", err
	}
	s.report(r.Log, g)
	return s.recognise(ctx, g, sound)
}

// grammarOf returns the grammar of the tools. It makes a new one only if the tools have changed.
func (s *SpeechToText) grammarOf(tools []*tool.Spec) (*grammar, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.grammar != nil && slices.Equal(s.grammar.tools, tools) {
		return s.grammar, nil
	}
	g, err := newGrammar(tools, filepath.Join(s.model, dictionaryName))
	if err == nil {
		s.grammar = g
	}
	return g, err
}

// report writes to the log what the user should know about the grammar, once.
func (s *SpeechToText) report(log *slog.Logger, g *grammar) {
	for _, p := range g.problems {
		s.reportOnce(log, p.Text, p.Text+": "+p.Fix)
	}
}

// reportOnce writes text to the log, unless it was called with the same key before.
func (s *SpeechToText) reportOnce(log *slog.Logger, key, text string) {
	s.mu.Lock()
	first := !s.reported[key] && log != nil
	if first {
		s.reported[key] = true
	}
	s.mu.Unlock()
	if first {
		log.Warn("speech to text: " + text)
	}
}

// A Problem is something that pocketsphinx will not recognise well. Text describes the problem, and
// Fix says what the user can do.
type Problem struct{ Text, Fix string }

// Problems returns what pocketsphinx will not recognise well in the sentences for the tools.
func (s *SpeechToText) Problems(tools []*tool.Spec) ([]Problem, error) {
	g, err := s.grammarOf(tools)
	if err != nil {
		return nil, err
	}
	return g.problems, nil
}

// A grammar is what pocketsphinx needs to recognise the sentences for some tools.
type grammar struct {
	tools    []*tool.Spec
	jsgf     string            // the grammar in the Java Speech Grammar Format
	words    string            // the dictionary: the pronunciations of the words of jsgf
	texts    map[string]string // the text of each word of jsgf that is not written as it is said
	problems []Problem
}

// maxStray is the maximum number of single sounds before and after a command that count as noise.
// If there are more, they belong to a word, such as "don't", and the sentence is no command.
const maxStray = 2

// textOf returns the text of the sentence that consists of these words of the grammar, or "" if it
// is no command.
func (g *grammar) textOf(words []string) string {
	for range maxStray {
		if len(words) > 0 && strings.HasPrefix(words[0], soundPrefix) {
			words = words[1:]
		}
		if n := len(words); n > 0 && strings.HasPrefix(words[n-1], soundPrefix) {
			words = words[:n-1]
		}
	}
	var said []string
	for _, w := range words {
		if strings.HasPrefix(w, soundPrefix) {
			return ""
		}
		w, _, _ = strings.Cut(w, "(") // the second pronunciation of a word has the name word(2)
		if text, ok := g.texts[w]; ok {
			w = text
		}
		said = append(said, w)
	}
	return decimal.ReplaceAllString(strings.Join(said, " "), "$1.$2")
}

var decimal = regexp.MustCompile(`([0-9]+) point ([0-9])`)
