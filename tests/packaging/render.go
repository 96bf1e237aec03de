// Renders krew-manifest.yaml as krew-release-bot does: with Go's text/template, and a function that gives uri and sha256.
// The bot downloads what it sums; here the archives are in a folder.
package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"
)

func main() {
	file, tag, folder := os.Args[1], os.Args[2], os.Args[3]
	release := struct{ TagName string }{tag}
	addURIAndSha := func(uri, _ string) (string, error) {
		var filled strings.Builder
		if err := template.Must(template.New("uri").Parse(uri)).Execute(&filled, release); err != nil {
			return "", err
		}
		archive, err := os.ReadFile(filepath.Join(folder, path.Base(filled.String())))
		// The bot indents the second line by four, wherever it stands.
		return fmt.Sprintf("uri: %s\n    sha256: %x", filled.String(), sha256.Sum256(archive)), err
	}
	manifest, err := template.New(filepath.Base(file)).Funcs(template.FuncMap{"addURIAndSha": addURIAndSha}).ParseFiles(file)
	if err == nil {
		err = manifest.Execute(os.Stdout, release)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
