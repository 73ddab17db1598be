// The program all uses every package that calls a C library, unless the program is built with the
// tag static. In that case, it prints the errors that these packages return.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"moonlark/audio"
	"moonlark/audio/alsa"
	"moonlark/audio/oto"
	"moonlark/audio/speex"
)

func main() {
	var counts audio.Counts
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // with this context, Play and Record return before they play or record anything
	err := oto.New(&counts).Play(ctx, nil)
	fmt.Println(err, errors.Is(err, audio.ErrPermanent))
	fmt.Println(alsa.New("", &counts).Record(ctx, nil))
	_, err = alsa.Devices()
	fmt.Println(err)
	_, err = speex.New(16000, 10*time.Millisecond, 200*time.Millisecond)
	fmt.Println(err)
}
