package screen

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // registers the format
	_ "image/png"  // registers the format

	_ "golang.org/x/image/webp" // registers the format
)

const (
	// MaxImage is the maximal size of a picture, in bytes.
	MaxImage = 4 << 20
	// maxPixels is the maximal number of pixels of a picture. A browser needs 4 bytes for each, whatever the
	// size of the file is, and a page that needs too much memory goes black.
	maxPixels = 24 << 20
	// maxImages is the maximal size of all pictures of a document, in bytes.
	maxImages = 16 << 20
)

// An Image is a picture that the page can load.
type Image struct {
	Hash string // of Data; the address of the picture
	Type string // the media type, such as "image/png"
	Data []byte // nobody may change them
}

var errFormat = errors.New("it is not a picture: PNG, JPEG, WebP and SVG are supported")

// NewImage returns the Image for the bytes of a PNG, JPEG, WebP or SVG file.
func NewImage(data []byte) (*Image, error) {
	if len(data) > MaxImage {
		return nil, fmt.Errorf("the picture has %d bytes; the maximum is %d", len(data), MaxImage)
	}
	kind := imageType(data)
	if kind == "" {
		return nil, errFormat
	}
	if err := checkPixels(data, kind); err != nil {
		return nil, err
	}
	hash := sha256.Sum256(data)
	return &Image{Hash: hex.EncodeToString(hash[:16]), Type: kind, Data: data}, nil
}

// checkPixels returns an error if the picture has too many pixels, or if its size cannot be read. An SVG
// picture has no pixels.
func checkPixels(data []byte, kind string) (err error) {
	if kind == "image/svg+xml" {
		return nil
	}
	errDamaged := fmt.Errorf("it begins like a picture of the type %s, but is damaged", kind)
	defer func() {
		if recover() != nil { // a decoder does not expect these bytes
			err = errDamaged
		}
	}()
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil || config.Width < 1 || config.Height < 1:
		return errDamaged
	case config.Width > maxPixels/config.Height:
		return fmt.Errorf("the picture has %d x %d pixels; the maximum is %d in all", config.Width, config.Height, maxPixels)
	}
	return nil
}

// IsImage reports whether data are the bytes of a picture, and not the name of a file.
func IsImage(data string) bool { return imageType([]byte(data)) != "" }

func imageType(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return "image/webp"
	}
	head := bytes.TrimLeft(data[:min(len(data), 1024)], " \t\r\n\ufeff")
	if bytes.HasPrefix(head, []byte("<svg")) || (bytes.HasPrefix(head, []byte("<?xml")) || bytes.HasPrefix(head, []byte("<!--"))) && bytes.Contains(head, []byte("<svg")) {
		return "image/svg+xml"
	}
	return ""
}
