const address = /(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}])/;

/** A text in which addresses of the web can be followed. */
export function LinkedText({ text }: { text: string }) {
  const pieces = text.split(address);
  return pieces.map((piece, i) =>
    i % 2 === 0 ? (
      piece
    ) : (
      // Pieces have no other name than their place.
      <a key={pieces.slice(0, i).join("").length} href={piece} target="_blank" rel="noopener noreferrer nofollow">
        {piece}
      </a>
    ),
  );
}
