package media

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif" // Decode knows it
	"image/jpeg"
	"image/png"
)

// maxDecoded is the most memory that a decoded picture may take, bytes: a small
// file can hold a picture without end.
const maxDecoded = 160 << 20

// scaled makes a picture at most widthPx wide. One that is narrower stays as it
// is, and so does WebP, which the hub can't read. A GIF becomes a PNG of its
// first frame.
func scaled(body []byte, mimeType string, widthPx int) ([]byte, string, error) {
	if mimeType == "image/webp" {
		return body, mimeType, nil
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil {
		return nil, "", fmt.Errorf("read the picture's size: %w", err)
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxDecoded/config.Height/depth(config.ColorModel) {
		return nil, "", fmt.Errorf("%d x %d is too large to be scaled", config.Width, config.Height)
	}
	turn := 1
	if format == "jpeg" {
		turn = orientation(body)
	}
	shown := image.Pt(config.Width, config.Height)
	if turn >= 5 {
		shown.X, shown.Y = shown.Y, shown.X
	}
	if shown.X <= widthPx {
		return body, mimeType, nil
	}
	picture, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		return nil, "", fmt.Errorf("read the picture: %w", err)
	}
	heightPx := max(1, shown.Y*widthPx/shown.X)
	var small *image.RGBA
	if turn >= 5 { // it lies on its side
		small = turned(averaged(picture, heightPx, widthPx), turn)
	} else {
		small = turned(averaged(picture, widthPx, heightPx), turn)
	}
	var out bytes.Buffer
	if format == "jpeg" {
		err = jpeg.Encode(&out, small, &jpeg.Options{Quality: 85})
		return out.Bytes(), "image/jpeg", err
	}
	err = png.Encode(&out, small)
	return out.Bytes(), "image/png", err
}

// depth is how many bytes a pixel of a model takes, at the most.
func depth(m color.Model) int {
	switch m {
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	case color.GrayModel, color.AlphaModel:
		return 1
	case color.YCbCrModel:
		return 3
	}
	return 4
}

// averaged scales down: each pixel is the mean of those it covers.
func averaged(from image.Image, width, height int) *image.RGBA {
	b := from.Bounds()
	w, h := b.Dx(), b.Dy()
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	strip := image.NewRGBA(image.Rect(0, 0, w, h/height+2))
	for y := range height {
		top, bottom := y*h/height, max((y+1)*h/height, y*h/height+1)
		draw.Draw(strip, image.Rect(0, 0, w, bottom-top), from, image.Pt(b.Min.X, b.Min.Y+top), draw.Src)
		for x := range width {
			left, right := x*w/width, max((x+1)*w/width, x*w/width+1)
			var sum [4]int
			for sy := range bottom - top {
				row := strip.Pix[sy*strip.Stride+4*left : sy*strip.Stride+4*right]
				for i := 0; i < len(row); i += 4 {
					sum[0] += int(row[i])
					sum[1] += int(row[i+1])
					sum[2] += int(row[i+2])
					sum[3] += int(row[i+3])
				}
			}
			n := (bottom - top) * (right - left)
			pixel := to.Pix[y*to.Stride+4*x:]
			for c := range sum {
				pixel[c] = uint8((sum[c] + n/2) / n)
			}
		}
	}
	return to
}

// turned is a picture the right way up, by EXIF's orientation (1: it is so).
func turned(p *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 || orientation > 8 {
		return p
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch orientation {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			out.SetRGBA(tx, ty, p.RGBAAt(x, y))
		}
	}
	return out
}
