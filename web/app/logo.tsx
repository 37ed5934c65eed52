import iconUrl from "../icon.svg";

export const Logo = ({ size = 48 }: { size?: number }) => <img src={iconUrl} alt="" width={size} height={size} />;
