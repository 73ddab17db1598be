package cli

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"moonlark/engine/fleet/identity"
)

// The files in the folder of a fleet, beside those of package identity.
const (
	hubURLFile     = "hub.url" // URL of the hub
	hubCAFile      = "ca.pem"  // certificate that has signed that of the hub; without it, the CAs of the system
	hubStoreFolder = "streams" // what the hub stores
	hubTLSFolder   = "tls"     // certificates of the hub
)

// fleetFolderFlag names the folder with the keys of a fleet.
type fleetFolderFlag struct {
	FleetDir string `default:"fleet" placeholder:"FOLDER" help:"Folder of the fleet (${default}), which moonlark fleet init has made."`
}

// open opens the folder.
func (f fleetFolderFlag) open() (*identity.Folder, error) {
	folder, err := identity.Open(f.FleetDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not the folder of a fleet: %w. Make one with moonlark fleet init, or name it with --fleet-dir", f.FleetDir, err)
	}
	return folder, err
}

func (f fleetFolderFlag) path(name string) string { return filepath.Join(f.FleetDir, name) }

// hub returns the URL of the hub, and the SHA-256 of the certificate of its authority in hexadecimal, which is
// empty if the CAs of the system decide. The error wraps fs.ErrNotExist if the hub has never run.
func (f fleetFolderFlag) hub() (url, ca string, err error) {
	text, err := readHubFile(f.path(hubURLFile))
	if err != nil {
		return "", "", err
	}
	text2, err := readHubFile(f.path(hubCAFile))
	if errors.Is(err, fs.ErrNotExist) {
		return strings.TrimSpace(string(text)), "", nil
	} else if err != nil {
		return "", "", err
	}
	block, _ := pem.Decode(text2)
	if block == nil {
		return "", "", fmt.Errorf("%s is not a certificate", f.path(hubCAFile))
	}
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		return "", "", fmt.Errorf("%s: %w", f.path(hubCAFile), err)
	}
	sum := sha256.Sum256(block.Bytes)
	return strings.TrimSpace(string(text)), hex.EncodeToString(sum[:]), nil
}

// credentials returns the owner's credentials for this role.
func (f fleetFolderFlag) credentials(folder *identity.Folder, role identity.Role) ([]byte, error) {
	path, err := folder.OwnCredentials(role)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// removeIfThere deletes a file, if there is one.
func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
