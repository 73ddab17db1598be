package wake

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode"

	"moonlark/audio/command"
)

// provenTime is how long a command has to run until it is said to work: one that
// is not there ends sooner.
const provenTime = time.Second

// An executed is a recogniser that is a command. It prints a line for each
// detection: the word, and behind a tab, if it likes, how sure it is.
type executed struct {
	line string
	opts Options
}

func (e *executed) String() string { return command.Name(e.line) }

func (e *executed) listen(ctx context.Context, sound *feed, works func(), heard func(Detection)) error {
	sound.start()
	listener := command.Listener{
		Command: e.line, Options: command.Options{Rate: format.Rate, Log: e.opts.Log}, Piece: format.Bytes(piece),
		Sound: sound.read,
		Line: func(line string) {
			works()
			if d, ok := detection(line); ok {
				heard(d)
			}
		},
		Proven: provenTime, Works: works,
	}
	return listener.Run(ctx)
}

// detection is what a line says. One that is empty says nothing.
func detection(line string) (Detection, bool) {
	word, rest, _ := strings.Cut(line, "\t")
	score, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
	if err != nil || !(score >= 0 && score <= 1) {
		score = 0
	}
	word = tidy(word)
	return Detection{Word: word, Score: score}, word != ""
}

// tidy is a name from outside, fit to be shown.
func tidy(text string) string {
	const most = 100
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?")))
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most])
	}
	return text
}
