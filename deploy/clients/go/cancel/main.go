// Stops reading after five pieces: the router ends the generation and frees its memory.
package main

import (
	"context"
	"fmt"

	"ennead.example/common"
	pb "ennead.example/gen/enneadv1"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := common.Connect().Generate(ctx, &pb.GenerateRequest{
		Prompt:   &pb.GenerateRequest_Text{Text: common.Prompt},
		Stopping: &pb.StoppingOptions{MaxTokens: common.Ref(uint32(400)), IgnoreEos: common.Ref(true)},
	})
	common.Must(err)
	read := 0
	for {
		if _, err := stream.Recv(); err != nil {
			fmt.Printf("%s after %d pieces\n", common.CodeName(err), read)
			return
		}
		read++
		if read == 5 {
			cancel()
		}
	}
}
