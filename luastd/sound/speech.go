package sound

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/speech"
	"moonlark/luastd/value"
)

// VoiceOptions are the names of the options that say how a text is spoken.
var VoiceOptions = []string{"voice", "model", "language", "speed"}

// CheckVoice returns the options VoiceOptions.
func CheckVoice(o value.Options) speech.Voice {
	return speech.Voice{
		Name: o.String("voice", ""), Model: o.String("model", ""), Language: o.String("language", ""),
		Speed: o.Number("speed", 0, 0.25, 4),
	}
}

// CheckText returns text, which is in argument n and will be spoken, without Markdown and emoji. It
// raises an error if there is nothing to say, or too much.
func CheckText(L *lua.LState, n int, text string) string {
	if len(text) > maxText {
		L.ArgError(n, "the text has more than 8192 bytes")
	}
	plain := speech.Plain(text)
	if plain == "" {
		L.ArgError(n, "there is no text to speak")
	}
	return plain
}

// Say speaks a text and pushes the handle of its sound. The options are in argument n.
func (p *Player) Say(L *lua.LState, function, text string, n int) int {
	voice := CheckVoice(value.CheckOptions(L, n, append(VoiceOptions, optionNames...)...))
	p.own()
	s := p.SpeechSource(text, voice)
	return p.Start(L, function, s, checkPlayOptions(L, n, playOptions{Volume: 1}, s, VoiceOptions...))
}
