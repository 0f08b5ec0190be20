// Shows a continuation as it is made: text comes when it is certain, mostly a token at a time.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ennead.example/common"
	pb "ennead.example/gen/enneadv1"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stream, err := common.Connect().Generate(ctx, &pb.GenerateRequest{
		Prompt: &pb.GenerateRequest_Text{Text: common.Prompt},
		Sampling: &pb.SamplingOptions{
			Temperature: common.Ref(0.8), TopP: common.Ref(0.95), Seed: common.Ref(uint64(7)),
		},
		Stopping: &pb.StoppingOptions{MaxTokens: common.Ref(uint32(24))},
	})
	common.Must(err)
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		common.Must(err)
		fmt.Printf("[%s]", piece.Text)
	}
	fmt.Println()
}
