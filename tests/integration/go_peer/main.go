// A module tree and a checksum database from the go command's own libraries (golang.org/x/mod), for the tests.
//
//	go_peer tree      reads lines "DIRECTORY MODULE VERSION OUT" and writes OUT.info, OUT.mod and OUT.zip
//	go_peer key NAME  prints a signer's and a verifier's key
//	go_peer sumdb KEY ADDRESS  reads lines "MODULE VERSION FILE" (FILE without .zip and .mod), serves their records in
//	                  this order, prints a line when it is ready and ends with its standard input
package main

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/zip"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func writeModule(directory, path, version, out string) {
	check(os.MkdirAll(filepath.Dir(out), 0o755))
	file, err := os.Create(out + ".zip")
	check(err)
	check(zip.CreateFromDir(file, module.Version{Path: path, Version: version}, directory))
	check(file.Close())
	mod, err := os.ReadFile(filepath.Join(directory, "go.mod"))
	if os.IsNotExist(err) { // a module of the time before modules: a proxy makes one up
		mod, err = []byte("module "+path+"\n"), nil
	}
	check(err)
	check(os.WriteFile(out+".mod", mod, 0o644))
	info := fmt.Sprintf("{\"Version\":%q,\"Time\":\"2024-05-06T07:08:09Z\"}", version)
	check(os.WriteFile(out+".info", []byte(info), 0o644))
}

func sums(path, version, file string) []byte {
	zipSum, err := dirhash.HashZip(file+".zip", dirhash.Hash1)
	check(err)
	open := func(string) (io.ReadCloser, error) { return os.Open(file + ".mod") }
	modSum, err := dirhash.Hash1([]string{"go.mod"}, open)
	check(err)
	return []byte(fmt.Sprintf("%s %s %s\n%s %s/go.mod %s\n", path, version, zipSum, path, version, modSum))
}

func words(scanner *bufio.Scanner) []string {
	if !scanner.Scan() || scanner.Text() == "" {
		return nil
	}
	return strings.Fields(scanner.Text())
}

func serve(key, address string) {
	records := map[string][]byte{}
	var order []module.Version
	input := bufio.NewScanner(os.Stdin)
	for line := words(input); line != nil; line = words(input) {
		order = append(order, module.Version{Path: line[0], Version: line[1]})
		records[line[0]+"@"+line[1]] = sums(line[0], line[1], line[2])
	}
	gosum := func(path, version string) ([]byte, error) {
		if record, ok := records[path+"@"+version]; ok {
			return record, nil
		}
		return nil, os.ErrNotExist
	}
	ops := sumdb.NewTestServer(key, gosum)
	server := sumdb.NewServer(ops)
	for _, version := range order {
		_, err := ops.Lookup(nil, version)
		check(err)
	}
	mux := http.NewServeMux()
	for _, path := range sumdb.ServerPaths {
		mux.Handle(path, server)
	}
	go func() { check(http.ListenAndServe(address, mux)) }()
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}

func main() {
	switch os.Args[1] {
	case "tree":
		input := bufio.NewScanner(os.Stdin)
		for line := words(input); line != nil; line = words(input) {
			writeModule(line[0], line[1], line[2], line[3])
		}
	case "key":
		signer, verifier, err := note.GenerateKey(rand.Reader, os.Args[2])
		check(err)
		fmt.Println(signer)
		fmt.Println(verifier)
	case "sumdb":
		serve(os.Args[2], os.Args[3])
	}
}
