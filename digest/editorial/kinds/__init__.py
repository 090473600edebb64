"""What kind of piece it is, told by how it speaks: news, opinion, advice, a correction, an advert, an embargo."""
