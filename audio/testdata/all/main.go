// All has every package that calls a C library, or does not, as the tag static
// says. It says what it cannot do.
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
	cancel() // nothing is to be heard
	err := oto.New(&counts).Play(ctx, nil)
	fmt.Println(err, errors.Is(err, audio.ErrForGood))
	fmt.Println(alsa.New("", &counts).Record(ctx, nil))
	_, err = alsa.Devices()
	fmt.Println(err)
	_, err = speex.New(16000, 10*time.Millisecond, 200*time.Millisecond)
	fmt.Println(err)
}
