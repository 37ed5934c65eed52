/** Whether there is, by all signs, a keyboard before the user. */
export const hasKeyboard = (): boolean => matchMedia("(hover: hover)").matches;
