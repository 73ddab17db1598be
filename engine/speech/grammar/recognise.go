package grammar

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/process"
	"moonlark/engine/speech"
)

// wordPenalty makes each word of the grammar less likely. A command has fewer words than other
// speech has sounds, so a smaller penalty makes pocketsphinx hear commands more often. The tests of
// this package measure it.
const wordPenalty = "0.015"

// maxHypothesis is the maximum size of what pocketsphinx writes about a sentence, in bytes.
const maxHypothesis = 64 << 10

// The names of the files of one recognition. They are in a folder of their own, which is removed
// afterwards.
const (
	grammarFile    = "commands.jsgf"
	wordsFile      = "words.dict"
	listFile       = "list" // the names of the files with sound, without ".raw"
	soundName      = "sentence"
	hypothesisFile = "hypothesis"
)

// recognise runs pocketsphinx for the sound of a sentence, and returns the text of the command, or
// "" if it is no command.
func (s *SpeechToText) recognise(ctx context.Context, g *grammar, sound []float32) (text string, err error) {
	folder, err := os.MkdirTemp("", "moonlark-speech-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	resampler := pcm.NewResampler(audio.Rate, speech.Rate)
	raw := speech.Format.Append(nil, resampler.Flush(resampler.Append(nil, sound)))
	for name, content := range map[string][]byte{
		grammarFile: []byte(g.jsgf), wordsFile: []byte(g.words), listFile: []byte(soundName + "\n"), soundName + ".raw": raw,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return "", err
		}
	}
	run := process.Command{Path: s.program, Dir: folder, Args: []string{
		programName, "-hmm", filepath.Join(s.model, soundsFolder), "-dict", wordsFile, "-jsgf", grammarFile, "-wip", wordPenalty,
		"-adcin", "yes", "-cepdir", ".", "-cepext", ".raw", "-ctl", listFile, "-hyp", hypothesisFile,
	}}
	err = process.Run(ctx, run, nil, func(stdout io.Reader) error {
		_, err := io.Copy(io.Discard, stdout)
		return err
	})
	if err != nil {
		return "", err
	}
	file, err := os.Open(filepath.Join(folder, hypothesisFile))
	if err != nil {
		return "", fmt.Errorf("pocketsphinx has written no result: %w", err)
	}
	defer file.Close()
	hypothesis, err := io.ReadAll(io.LimitReader(file, maxHypothesis))
	if err != nil {
		return "", err
	}
	return g.textOf(wordsOf(string(hypothesis))), nil
}

// wordsOf returns the words in a result of pocketsphinx, such as "turn on the light (sentence
// -3160)".
func wordsOf(hypothesis string) []string {
	if i := strings.LastIndex(hypothesis, "("+soundName); i >= 0 {
		hypothesis = hypothesis[:i]
	}
	return strings.Fields(hypothesis)
}
