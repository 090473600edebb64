"""Object storage: pictures and archive pages in a bucket that several machines and a CDN share."""
