// Gives a request less time than it takes: it ends in time, at the router too.
package main

import (
	"context"
	"fmt"
	"time"

	"ennead.example/common"
	pb "ennead.example/gen/enneadv1"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	stream, err := common.Connect().Generate(ctx, &pb.GenerateRequest{
		Prompt:   &pb.GenerateRequest_Text{Text: common.Prompt},
		Stopping: &pb.StoppingOptions{MaxTokens: common.Ref(uint32(400)), IgnoreEos: common.Ref(true)},
	})
	for err == nil {
		_, err = stream.Recv()
	}
	fmt.Println(common.Reason(err))
}
