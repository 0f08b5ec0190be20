// Continues a prompt and waits for the whole answer.
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
		Prompt:   &pb.GenerateRequest_Text{Text: common.Prompt},
		Sampling: &pb.SamplingOptions{Temperature: common.Ref(0.0), Seed: common.Ref(uint64(1))},
		Stopping: &pb.StoppingOptions{MaxTokens: common.Ref(uint32(24))},
	})
	common.Must(err)
	text := ""
	var finish *pb.Finish
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		common.Must(err)
		text += piece.Text
		finish = piece.Finish
	}
	fmt.Println(common.Prompt + text)
	fmt.Printf("%d + %d tokens, seed %d, %s\n",
		finish.PromptTokens, finish.GeneratedTokens, finish.Seed, finish.Reason)
}
