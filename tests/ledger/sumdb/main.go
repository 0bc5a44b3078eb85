// The second implementation that ours is compared with: golang.org/x/mod/sumdb (tlog and note), asked in JSON lines.
//
// Each line of standard input is one request, each line of standard output its answer; an answer has "error" where
// Go refuses.
package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type request struct {
	Do     string   `json:"do"`
	Leaves [][]byte `json:"leaves"`
	Size   int64    `json:"size"`
	Old    int64    `json:"old"`
	Index  int64    `json:"index"`
	Leaf   []byte   `json:"leaf"`
	Root   []byte   `json:"root"`
	Before []byte   `json:"before"`
	Proof  [][]byte `json:"proof"`
	Name   string   `json:"name"`
	Text   string   `json:"text"`
	Note   []byte   `json:"note"`
	Keys   []string `json:"keys"`
	Secret string   `json:"secret"`
}

type answer map[string]interface{}

type piece struct {
	Level int    `json:"level"`
	Index int64  `json:"index"`
	Width int    `json:"width"`
	Data  []byte `json:"data"`
}

var stored []tlog.Hash

func read(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, index := range indexes {
		if index >= int64(len(stored)) {
			return nil, fmt.Errorf("no hash at %d", index)
		}
		hashes = append(hashes, stored[index])
	}
	return hashes, nil
}

func grow(leaves [][]byte, size int64) error {
	for i, leaf := range leaves {
		hashes, err := tlog.StoredHashes(size+int64(i), leaf, tlog.HashReaderFunc(read))
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
	}
	return nil
}

func tiles(size int64) ([]piece, error) {
	var pieces []piece
	for _, tile := range tlog.NewTiles(8, 0, size) {
		data, err := tlog.ReadTileData(tile, tlog.HashReaderFunc(read))
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece{tile.L, tile.N, tile.W, data})
	}
	return pieces, nil
}

func hash(data []byte) (h tlog.Hash) {
	copy(h[:], data)
	return h
}

func hashes(data [][]byte) (list []tlog.Hash) {
	for _, one := range data {
		list = append(list, hash(one))
	}
	return list
}

func bytesOf(list []tlog.Hash) [][]byte {
	out := [][]byte{}
	for _, one := range list {
		data := make([]byte, len(one))
		copy(data, one[:])
		out = append(out, data)
	}
	return out
}

func open(data []byte, keys []string) (answer, error) {
	var verifiers []note.Verifier
	for _, key := range keys {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return nil, err
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(data, note.VerifierList(verifiers...))
	if err != nil {
		return nil, err
	}
	signed := []string{}
	for _, signature := range opened.Sigs {
		signed = append(signed, signature.Name)
	}
	return answer{"text": opened.Text, "signed": signed}, nil
}

func sign(text, secret string) (answer, error) {
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	return answer{"note": signed}, err
}

func reply(asked request) (answer, error) {
	reader := tlog.HashReaderFunc(read)
	switch asked.Do {
	case "grow":
		return answer{}, grow(asked.Leaves, asked.Size)
	case "root":
		root, err := tlog.TreeHash(asked.Size, reader)
		return answer{"root": root[:]}, err
	case "tiles":
		pieces, err := tiles(asked.Size)
		return answer{"tiles": pieces}, err
	case "inclusion":
		proof, err := tlog.ProveRecord(asked.Size, asked.Index, reader)
		return answer{"proof": bytesOf(proof)}, err
	case "consistency":
		proof, err := tlog.ProveTree(asked.Size, asked.Old, reader)
		return answer{"proof": bytesOf(proof)}, err
	case "check inclusion":
		proof, root, leaf := hashes(asked.Proof), hash(asked.Root), hash(asked.Leaf)
		return answer{}, tlog.CheckRecord(proof, asked.Size, root, asked.Index, leaf)
	case "check consistency":
		proof, root, before := hashes(asked.Proof), hash(asked.Root), hash(asked.Before)
		return answer{}, tlog.CheckTree(proof, asked.Size, root, asked.Old, before)
	case "key":
		secret, public, err := note.GenerateKey(rand.Reader, asked.Name)
		return answer{"secret": secret, "public": public}, err
	case "sign":
		return sign(asked.Text, asked.Secret)
	case "open":
		return open(asked.Note, asked.Keys)
	}
	return nil, fmt.Errorf("nothing is called %q", asked.Do)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked request
		given, err := answer{}, json.Unmarshal(lines.Bytes(), &asked)
		if err == nil {
			given, err = reply(asked)
		}
		if err != nil {
			given = answer{"error": err.Error()}
		}
		if out.Encode(given) != nil {
			os.Exit(1)
		}
	}
}
